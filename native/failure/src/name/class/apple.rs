//! Apple: the Mach exception, its code, and the codes with which the system ends a program.
//!
//! The same crash arrives with the Mach exception (minidump, `.ips`), with the signal alone (App Center,
//! PLCrashReporter) or with both. So that it has one name, the signal is derived from the Mach exception where that is
//! known, and what the sources report differently is reconciled here: see `docs/naming.md`.

use std::borrow::Cow;

use vocabulary::Arch;

use super::signals::stopped;
use super::{Class, NULL_PAGE, hex, touched, was_sent};
use crate::name::facts::{Facts, Mapping};
use crate::name::recursion;
use crate::name::sanitise::{head, module_leaf};
use crate::reason::mach_codes::{
    EXC_ARITHMETIC, EXC_ARM_DA_ALIGN, EXC_ARM_SP_ALIGN, EXC_BAD_ACCESS, EXC_BAD_INSTRUCTION, EXC_BREAKPOINT, EXC_CRASH,
    EXC_EMULATION, EXC_GUARD, EXC_RESOURCE, KERN_CODESIGN_ERROR, KERN_MEMORY_ERROR, KERN_PROTECTION_FAILURE,
    NS_EXCEPTION,
};
use crate::reason::{self, Access, Raw, Reason};

const DERIVED: &str = "the signal, as the kernel derives it from the Mach exception";

pub(super) fn class(facts: &Facts<'_>, raw: &Raw<'_>, reason: &Reason, hint: Option<&str>) -> Class {
    let kind = || Cow::Borrowed(reason::mach_kind(raw, facts.signal_code).unwrap_or("UNKNOWN"));
    match facts.code {
        Some(EXC_RESOURCE) => {
            let event = if kind() == "MEMORY" { "memory" } else { "crash" };
            return Class::new("RESOURCE_LIMIT", "EXC_RESOURCE").with(Some(kind())).event(event);
        }
        Some(EXC_GUARD) => return Class::new("FAIL_FAST_GUARD", "EXC_GUARD").with(Some(kind())),
        Some(NS_EXCEPTION) => return stopped(facts, "SIGABRT", Some("OBJC_EXCEPTION")),
        _ => {}
    }
    if let Some(class) = loader(facts) {
        return class;
    }
    // An instruction's own exception has one signal only; others carry it.
    let signal = match facts.code {
        Some(EXC_BAD_ACCESS | EXC_BAD_INSTRUCTION | EXC_ARITHMETIC | EXC_EMULATION | EXC_BREAKPOINT) => {
            reason.signal.or(facts.signal)
        }
        _ => facts.signal.or(reason.signal),
    };
    match (facts.code, raw.flags) {
        (Some(EXC_BAD_ACCESS), flags) => {
            let signal = signal.unwrap_or("SIGSEGV");
            match flags {
                KERN_MEMORY_ERROR => Class::new("IN_PAGE_ERROR", signal).code_from(DERIVED),
                // The kernel kills for it, and no handler sees the signal.
                KERN_CODESIGN_ERROR => code_signature(),
                EXC_ARM_DA_ALIGN | EXC_ARM_SP_ALIGN => Class::new("DATATYPE_MISALIGNMENT", signal).code_from(DERIVED),
                _ => fault(facts, reason, signal, flags == KERN_PROTECTION_FAILURE),
            }
        }
        (code, _) => match signal {
            Some(signal @ ("SIGSEGV" | "SIGBUS")) if is_sent(facts, reason) => stopped(facts, signal, hint),
            Some(signal @ ("SIGSEGV" | "SIGBUS")) => fault(facts, reason, signal, signal == "SIGBUS"),
            Some("SIGFPE") => arithmetic(facts, raw),
            Some("SIGSYS") => Class::new("FAIL_FAST_INVALID_SYSCALL_NUMBER", "SIGSYS"),
            Some("SIGABRT") if is_trap(facts, hint) => stopped(facts, "SIGTRAP", hint),
            Some(signal) => stopped(facts, signal, hint),
            None if code == Some(EXC_CRASH) => stopped(facts, "SIGABRT", hint),
            None if facts.hang => Class::new("APPLICATION_HANG", "cfffffff").event("hang"),
            None => Class::new("APPLICATION_FAULT", code.map_or_else(|| "0".to_owned(), hex)),
        },
    }
}

/// A division by zero of integers, or anything else that is wrong with numbers: overflows, and all of floating point.
///
/// The signal alone of x86 is taken for a division, as nearly every one is. ARM's processors do not trap when integers are
/// divided by zero, so there it is an exception of floating point.
fn arithmetic(facts: &Facts<'_>, raw: &Raw<'_>) -> Class {
    const DIVISION: u32 = 1; // EXC_I386_DIV
    let word = facts.signal_code.and_then(|code| code.split([' ', '/', '(', ',']).next()).unwrap_or("");
    let named = ["FPE_INT", "FPE_FLT", "EXC_I386_", "EXC_ARM_"].iter().any(|prefix| word.starts_with(prefix));
    let is_division = match word {
        "FPE_INTDIV" | "EXC_I386_DIV" => true,
        _ if named => false,
        _ => facts.cpu.is_none_or(Arch::is_x86) && (facts.code != Some(EXC_ARITHMETIC) || raw.flags <= DIVISION),
    };
    Class::new(if is_division { "INTEGER_DIVIDE_BY_ZERO" } else { "ARITHMETIC" }, "SIGFPE")
}

/// A signal that the program or another sent: an instruction's own fault has a Mach exception of its own, and only the
/// end of a process that a signal ended is `EXC_CRASH`.
fn is_sent(facts: &Facts<'_>, reason: &Reason) -> bool {
    let ended =
        facts.code == Some(EXC_CRASH) && facts.fault_address.or(reason.address).is_none_or(|address| address == 0);
    !facts.stack_overflow && (was_sent(facts) || ended)
}

/// A fault of memory.
fn fault(facts: &Facts<'_>, reason: &Reason, signal: &str, protected: bool) -> Class {
    // With this code the kernel reports nothing about the fault, and the address is arbitrary.
    let told = !facts.signal_code.is_some_and(|code| code.ends_with("_NOOP"));
    let address = reason.address.filter(|_| told || facts.code.is_some());
    // A protection failure is a SIGBUS, but in the main thread's guard pages, which the kernel knows.
    let guarded = protected && facts.code.is_some() && facts.signal == Some("SIGSEGV");
    let said = facts.message.is_some_and(|text| head(text, 4096).contains("stack size exceeded"));
    let access = touched(facts, reason, address);
    let jumped = access == Some(Access::Execute);
    let ran_full = (protected || address.is_none()) && !jumped && runs_full(facts);
    if facts.stack_overflow || guarded || said || ran_full {
        // Which of SIGSEGV and SIGBUS it was depends on the thread and on the handler.
        return Class::new("STACK_OVERFLOW", "SIGSEGV")
            .overflowing()
            .because("a memory fault at the limit of the thread's stack")
            .code_from("the signal that the kernel means for a full stack");
    }
    if facts.privileged && address.is_none_or(|address| address == 0) {
        return Class::new("PRIVILEGED_INSTRUCTION", signal)
            .because("an instruction that programs may not run")
            .code_from(DERIVED);
    }
    // Nothing is mapped at null, whatever the kernel calls it.
    let in_null_page = address.is_some_and(|address| address < NULL_PAGE);
    let mut class = Class::memory(facts, address, access, signal).code_from(DERIVED);
    if jumped && protected && !in_null_page && facts.mapping == Mapping::Unknown {
        class.parts[0] = "SOFTWARE_NX_FAULT".into();
    }
    class
}

/// The stack is one recursion, deeper than any that ends by itself.
fn runs_full(facts: &Facts<'_>) -> bool {
    /// PLCrashReporter writes 512 frames, and App Center's SDK keeps them.
    const DEEP: usize = 400;
    /// Frames above the recursion: what its function called last.
    const ABOVE: usize = 8;
    /// Frames of other functions among 16, such as `main` and what starts a thread.
    const OTHERS: usize = 1;
    if facts.frames.len() < DEEP {
        return false;
    }
    let ids: Vec<u64> = facts
        .frames
        .iter()
        .take(DEEP)
        .map(|frame| {
            // Without symbols, frames of a recursion differ by where they call from, in one function's reach.
            crate::name::function::quick_hash(
                frame.function.unwrap_or(""),
                if frame.function.is_some() { 1 } else { frame.offset.unwrap_or(0) },
            )
        })
        .collect();
    let Some((first, period)) = recursion::cycle(&ids) else { return false };
    let cycle = &ids[first..first + period];
    let others = ids[first..].iter().filter(|id| !cycle.contains(id)).count();
    first <= ABOVE && others * 16 <= OTHERS * DEEP
}

/// An abort without a call of `abort`: PLCrashReporter reports the trap of ARM (`brk`, which is SIGTRAP) as SIGABRT,
/// with the trap itself in frame 0. A real abort ends in the kernel's library, and an exception was thrown.
fn is_trap(facts: &Facts<'_>, hint: Option<&str>) -> bool {
    let Some(module) = facts.frames.first().and_then(|frame| frame.module) else { return false };
    let in_kernel =
        ["libsystem_kernel.", "libsystem_sim_kernel.", "libsystem_c.", "libsystem_pthread.", "CoreFoundation"]
            .iter()
            .any(|known| module_leaf(module).starts_with(known));
    facts.code.is_none()
        && matches!(facts.cpu, Some(Arch::Arm | Arch::Arm64 | Arch::Arm64e))
        && facts.instruction.is_some()
        && facts.thrown.is_none()
        && facts.message.is_none()
        && matches!(hint, None | Some("FAIL_FAST_SWIFT_TRAP"))
        && !in_kernel
        && !throws(facts)
}

/// Some frame throws: what stands above it is not where the program stopped.
fn throws(facts: &Facts<'_>) -> bool {
    facts.frames.iter().take(16).filter_map(|frame| frame.function).any(|function| {
        ["objc_exception_throw", "__cxa_throw", "abort", "__exceptionPreprocess"]
            .iter()
            .any(|name| function.starts_with(name))
    })
}

fn code_signature() -> Class {
    Class::new("CODESIGN_ERROR", "SIGKILL")
        .because("a page whose signature does not fit")
        .code_from("the signal with which the kernel ends such a program")
}

/// The loader did not find what the program needs: `Library not loaded: @rpath/A.framework/A`, `Symbol not found: _f`.
fn loader(facts: &Facts<'_>) -> Option<Class> {
    const SAID: [(&str, &str); 2] =
        [("Library not loaded: ", "DYLD_LIBRARY_MISSING"), ("Symbol not found: ", "DYLD_SYMBOL_MISSING")];
    let by_dyld = facts.termination_namespace == Some("DYLD");
    // Looked at first: to search a message takes longer than the rest of a class.
    if !by_dyld && !in_loader(facts) {
        return None;
    }
    let message = facts.message.map_or("", |message| head(message, 4096));
    let said = SAID.iter().find_map(|(words, class)| {
        let name = message.split_once(words)?.1.split(['\n', '\r', ' ', ',']).next()?;
        Some((*class, module_leaf(name)))
    });
    if !by_dyld && said.is_none() {
        return None;
    }
    // `DYLD_EXIT_REASON_…` of `sys/reason.h`'s namespace for dyld (`mach-o/dyld_images.h`).
    let by_code = match facts.termination {
        Some(1) => "DYLD_LIBRARY_MISSING",
        Some(2) => "DYLD_WRONG_ARCHITECTURE",
        Some(3) => "DYLD_WRONG_VERSION",
        Some(4) => "DYLD_SYMBOL_MISSING",
        Some(5) => "DYLD_MALFORMED_IMAGE",
        _ => "DYLD_ERROR",
    };
    let class = said.map_or(by_code, |said| said.0);
    let name = said.map(|said| said.1).filter(|name| !name.is_empty()).map(str::to_owned);
    Some(Class::new(class, "SIGABRT").with(name).because("the message of the dynamic loader").code_from("the signal"))
}

fn in_loader(facts: &Facts<'_>) -> bool {
    facts.frames.first().and_then(|frame| frame.module).is_some_and(|module| module_leaf(module).starts_with("dyld"))
}

/// The code with which the system ended a program. "Understanding the exception types in a crash report", Apple; the
/// namespaces are those of XNU's `sys/reason.h`.
pub(super) fn termination(facts: &Facts<'_>) -> Option<Class> {
    let code = u32::try_from(facts.termination?).ok()?;
    let namespace = facts.termination_namespace.unwrap_or("");
    let named = match code {
        0x8bad_f00d => Some(("APPLICATION_HANG_WATCHDOG", "hang")),
        0xdead_10cc => Some(("FILE_LOCK_HELD", "crash")),
        0xc000_10ff => Some(("THERMAL", "crash")),
        0xbaad_ca11 => Some(("CALLKIT", "crash")),
        0xbad2_2222 => Some(("VOIP_RESUME", "crash")),
        0xbadd_d15c => Some(("DISK_CLEANUP", "crash")),
        0xdead_fa11 => Some(("FORCE_QUIT", "crash")),
        0x2bad_45ec => Some(("SECURITY_VIOLATION", "crash")),
        0xc51b_ad01 => Some(("RESOURCE_LIMIT_CPU", "crash")),
        // "The log is a stackshot of the entire system, not a crash": a user pressed the buttons for it.
        0xbaaa_aaad => Some(("STACKSHOT", "requested")),
        0xc51b_ad02 | 0xc51b_ad03 => Some(("BACKGROUND_TIME_EXCEEDED", "crash")),
        _ => None,
    };
    let by = "the code with which the system ended the program";
    if let Some((class, event)) = named {
        return Some(Class::new(class, hex(code)).event(event).because(by).code_from("the termination code"));
    }
    // A crash has a reason of its own, and a namespace that only repeats it.
    let killed =
        facts.code.is_none_or(|code| code == EXC_CRASH) && facts.signal.is_none_or(|signal| signal == "SIGKILL");
    match namespace {
        "CODESIGNING" => Some(code_signature()),
        // Memory pressure: the program did nothing wrong at that moment, and there is no crash.
        "JETSAM" => {
            let class = Class::new("RESOURCE_LIMIT_MEMORY", hex(code)).event("memory");
            Some(class.because("the system needed memory").code_from("the termination code"))
        }
        // The system's own code is all that iOS up to 8 gives.
        "" if facts.code.is_none() && facts.signal.is_none() && code != 0 => {
            Some(Class::new("TERMINATION", hex(code)).because(by).code_from("the termination code"))
        }
        "" | "SIGNAL" | "DYLD" | "GUARD" | "OBJC" | "LIBSYSTEM" => None,
        _ if killed => {
            let class = Class::new("TERMINATION", hex(code)).with(Some(namespace.to_ascii_uppercase()));
            Some(class.because(by).code_from("the termination code"))
        }
        _ => None,
    }
}
