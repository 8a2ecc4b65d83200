//! Signals: the classes of Windows, from signal, `si_code`, address and message.

use std::borrow::Cow;

use super::{Class, hex};
use crate::name::facts::{Facts, Language, Mapping};
use crate::name::message;
use crate::reason::{Access, Reason};

/// The fault of a signal that has an address. `protected`: something is mapped there, but not for this.
pub(super) fn fault(facts: &Facts<'_>, reason: &Reason, code: &str, protected: bool) -> Class {
    if facts.stack_overflow {
        return Class::new("STACK_OVERFLOW", code).overflowing();
    }
    let jumped = facts.instruction.is_some() && facts.instruction == reason.address;
    let access = match facts.access.or(reason.access) {
        Some(access) => access,
        None if jumped => Access::Execute,
        // Mapped memory can nearly always be read.
        None if protected => Access::Write,
        None => Access::Read,
    };
    let mut class = Class::memory(facts, reason.address, access, code);
    if jumped && protected && facts.mapping == Mapping::Unknown {
        class.parts[0] = "SOFTWARE_NX_FAULT".into();
    }
    class
}

pub(super) fn class(facts: &Facts<'_>, reason: &Reason, hint: Option<&str>) -> Class {
    let Some(signal) = facts.signal.or(reason.signal) else {
        return match facts.hang {
            true => Class::new("APPLICATION_HANG_ANR", "SIGQUIT").event("hang"),
            false => Class::new("APPLICATION_FAULT", facts.code.map_or_else(|| "0".to_owned(), hex)),
        };
    };
    let code = facts.flags;
    match signal {
        _ if facts.hang => Class::new("APPLICATION_HANG_ANR", signal).event("hang"),
        // si_code 8 and 9: the tag of the memory did not fit (MTE).
        "SIGSEGV" if matches!(code, 8 | 9) => Class::new("HEAP_CORRUPTION", signal),
        "SIGSEGV" => fault(facts, reason, signal, code == 2),
        "SIGBUS" if code == 1 => Class::new("DATATYPE_MISALIGNMENT", signal),
        "SIGBUS" => Class::new("IN_PAGE_ERROR", signal),
        // Breakpad before 2015 wrote si_code 0 always; nearly every SIGFPE is a division.
        "SIGFPE" if code <= 1 => Class::new("INTEGER_DIVIDE_BY_ZERO", signal),
        "SIGFPE" => Class::new("ARITHMETIC", signal),
        "SIGSYS" => Class::new("FAIL_FAST_INVALID_SYSCALL_NUMBER", signal),
        _ => stopped(facts, signal, hint),
    }
}

/// The signals a program stops itself with.
pub(super) fn stopped(facts: &Facts<'_>, signal: &str, hint: Option<&str>) -> Class {
    let said = facts.message.and_then(message::class);
    let thrown = facts.thrown.and_then(|thrown| match thrown.language {
        Language::Cpp => Some("CPP_EXCEPTION"),
        Language::ObjectiveC => Some("OBJC_EXCEPTION"),
        _ => None,
    });
    let asserted = facts.assertion.map(|_| "ASSERTION");
    let known: Option<Cow<'static, str>> =
        thrown.or(said).or(asserted).map(Cow::Borrowed).or_else(|| hint.map(|hint| Cow::Owned(hint.to_owned())));
    let by_itself = match signal {
        "SIGABRT" => "FAIL_FAST_FATAL_APP_EXIT",
        "SIGTRAP" => "BREAKPOINT",
        "SIGILL" => "ILLEGAL_INSTRUCTION",
        _ => return Class::new("APPLICATION_FAULT", signal),
    };
    match known {
        Some(class) if class == "OBJC_EXCEPTION" => {
            let name = facts
                .thrown
                .and_then(|thrown| thrown.type_name)
                .or_else(|| facts.message.and_then(message::objc_name))
                .map(str::to_owned);
            Class::new(class, signal).with(name)
        }
        Some(class) => Class::new(class, signal),
        None => Class::new(by_itself, signal),
    }
}
