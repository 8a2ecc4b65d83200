//! Signals: the classes of Windows, from signal, `si_code`, address and message.

use std::borrow::Cow;

use vocabulary::Language;

use super::{Class, hex, touched};
use crate::name::facts::{Facts, Mapping};
use crate::name::message;
use crate::reason::{Access, Reason};

/// The kernel raised the signal and has no more to say of it.
const SI_KERNEL: u32 = 0x80;

/// The fault of a signal that has an address. `protected`: something is mapped there, but not for this.
pub(super) fn fault(facts: &Facts<'_>, reason: &Reason, code: &str, protected: bool) -> Class {
    if facts.stack_overflow {
        return Class::new("STACK_OVERFLOW", code)
            .overflowing()
            .because("a memory fault at the limit of the thread's stack")
            .code_from("the signal");
    }
    let address = reason.address;
    let access = touched(facts, reason, address);
    let mut class = Class::memory(facts, address, access, code).code_from("the signal");
    if access == Some(Access::Execute) && protected && facts.mapping == Mapping::Unknown {
        class.parts[0] = "SOFTWARE_NX_FAULT".into();
    }
    class
}

/// The signal was sent by a process or by the program itself, and no instruction faulted.
pub(in crate::name) fn was_sent(facts: &Facts<'_>) -> bool {
    let named = facts.signal_code.is_some_and(|code| matches!(code.trim(), "SI_USER" | "SI_TKILL" | "SI_QUEUE"));
    facts.sent || named || (!facts.platform.is_apple() && (facts.flags as i32) < 0)
}

/// A fault for which the kernel has no address: x86 raises it for addresses that are not canonical, for instructions that
/// programs may not run, and for a few others.
fn protection(facts: &Facts<'_>, reason: &Reason, signal: &str) -> Class {
    if facts.privileged {
        return Class::new("PRIVILEGED_INSTRUCTION", signal).because("an instruction that programs may not run");
    }
    // The value in the address field is not an address.
    let address = reason.address.filter(|&address| address != 0);
    fault(facts, &Reason { address, ..reason.clone() }, signal, false)
}

pub(super) fn class(facts: &Facts<'_>, reason: &Reason, hint: Option<&str>) -> Class {
    let Some(signal) = facts.signal.or(reason.signal) else {
        return match facts.hang {
            true => Class::new("APPLICATION_HANG_ANR", "SIGQUIT")
                .event("hang")
                .because("the report is of a hang")
                .code_from("the signal of all reports of hangs"),
            false => Class::new("APPLICATION_FAULT", facts.code.map_or_else(|| "0".to_owned(), hex))
                .because("there is no signal that is known"),
        };
    };
    let code = facts.flags;
    let checked = facts.message.and_then(message::checked_allocator);
    let class = match signal {
        _ if facts.hang => Class::new("APPLICATION_HANG_ANR", signal).event("hang"),
        // What a checking allocator found out is more than the fault it made of it.
        "SIGSEGV" | "SIGBUS" | "SIGTRAP" if checked.is_some() => {
            Class::new(checked.unwrap_or("HEAP_CORRUPTION"), signal).because("the message of the checking allocator")
        }
        // si_code 8 and 9: the tag of the memory did not fit (MTE).
        "SIGSEGV" if matches!(code, 8 | 9) => Class::new("HEAP_CORRUPTION", signal),
        "SIGSEGV" | "SIGBUS" if was_sent(facts) && !facts.stack_overflow => return stopped(facts, signal, hint),
        "SIGSEGV" if code == SI_KERNEL || facts.privileged => protection(facts, reason, signal),
        "SIGSEGV" => fault(facts, reason, signal, code == 2),
        "SIGBUS" if code == 1 => Class::new("DATATYPE_MISALIGNMENT", signal),
        "SIGBUS" => Class::new("IN_PAGE_ERROR", signal),
        // Breakpad before 2015 wrote si_code 0 always; nearly every SIGFPE is a division.
        "SIGFPE" if code <= 1 => Class::new("INTEGER_DIVIDE_BY_ZERO", signal),
        "SIGFPE" => Class::new("ARITHMETIC", signal),
        "SIGSYS" => Class::new("FAIL_FAST_INVALID_SYSCALL_NUMBER", signal),
        _ => return stopped(facts, signal, hint),
    };
    Class {
        because: if class.because == "the exception code" { "the signal and its code".into() } else { class.because },
        ..class
    }
    .code_from("the signal")
}

/// The signals a program stops itself with.
pub(super) fn stopped(facts: &Facts<'_>, signal: &str, hint: Option<&str>) -> Class {
    let said = facts.message.and_then(message::class).map(|class| (class, "the last message of the program"));
    let thrown = facts.thrown.and_then(|thrown| match thrown.language {
        Language::Cpp => Some(("CPP_EXCEPTION", UNCAUGHT)),
        Language::ObjectiveC => Some(("OBJC_EXCEPTION", UNCAUGHT)),
        _ => None,
    });
    let asserted = facts.assertion.map(|_| ("ASSERTION", "the assertion that the crash handler kept"));
    let by_itself = match signal {
        "SIGABRT" => "FAIL_FAST_FATAL_APP_EXIT",
        "SIGTRAP" => "BREAKPOINT",
        "SIGILL" => "ILLEGAL_INSTRUCTION",
        _ => {
            return Class::new("APPLICATION_FAULT", signal)
                .because("the signal alone, without further evidence")
                .code_from("the signal");
        }
    };
    let (class, because): (Cow<'static, str>, _) = match (thrown.or(said).or(asserted), hint) {
        (Some((class, because)), _) => (Cow::Borrowed(class), because),
        (None, Some(hint)) => (known_hint(hint), "a skipped frame indicates the class"),
        (None, None) => (Cow::Borrowed(by_itself), "the signal"),
    };
    let name = match &*class {
        "OBJC_EXCEPTION" => facts
            .thrown
            .and_then(|thrown| thrown.type_name)
            .or_else(|| facts.message.and_then(message::objc_name))
            .map(str::to_owned),
        _ => None,
    };
    let class = Class::new(class, signal).with(name).because(because).code_from("the signal");
    if class.parts.first().is_some_and(|part| part == STACK_OVERFLOW) { class.overflowing() } else { class }
}

/// What a run-time's handler of the guard page says of the abort that it ends in.
const STACK_OVERFLOW: &str = "STACK_OVERFLOW";

const UNCAUGHT: &str = "an exception of the program's language that nobody caught";

/// The class that a rule names. Those of the built-in rules are known and need no copy.
fn known_hint(hint: &str) -> Cow<'static, str> {
    const KNOWN: [&str; 8] = [
        "ASSERTION",
        STACK_OVERFLOW,
        "CPP_EXCEPTION",
        "OBJC_EXCEPTION",
        "HEAP_CORRUPTION",
        "FAIL_FAST_RANGE_CHECK_FAILURE",
        "FAIL_FAST_STACK_BUFFER_OVERRUN_STACK_COOKIE_CHECK_FAILURE",
        "FAIL_FAST_SWIFT_TRAP",
    ];
    match KNOWN.iter().find(|known| **known == hint) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(hint.to_owned()),
    }
}
