//! Apple: the Mach exception, its code, and the codes with which the system ends a program.

use std::borrow::Cow;

use super::signals::{fault, stopped};
use super::{Class, hex};
use crate::name::facts::Facts;
use crate::reason::{self, Raw, Reason};

const DERIVED: &str = "the signal, as the kernel derives it from the Mach exception";

pub(super) fn class(facts: &Facts<'_>, raw: &Raw<'_>, reason: &Reason, hint: Option<&str>) -> Class {
    const BAD_ACCESS: u32 = 1;
    const CRASH: u32 = 10;
    const RESOURCE: u32 = 11;
    const GUARD: u32 = 12;
    const NS_EXCEPTION: u32 = 0x4350_6e78;
    let kind = || Cow::Borrowed(reason::mach_kind(raw).unwrap_or("UNKNOWN"));
    match facts.code {
        Some(RESOURCE) => {
            let event = if kind() == "MEMORY" { "memory" } else { "crash" };
            return Class::new("RESOURCE_LIMIT", "EXC_RESOURCE").with(Some(kind())).event(event);
        }
        Some(GUARD) => return Class::new("FAIL_FAST_GUARD", "EXC_GUARD").with(Some(kind())),
        Some(NS_EXCEPTION) => return stopped(facts, "SIGABRT", Some("OBJC_EXCEPTION")),
        _ => {}
    }
    let signal = facts.signal.or(reason.signal);
    match (facts.code, raw.flags) {
        (Some(BAD_ACCESS), flags) => {
            let signal = signal.unwrap_or("SIGSEGV");
            match flags {
                10 => Class::new("IN_PAGE_ERROR", signal).code_from(DERIVED),
                50 => Class::new("CODESIGN_ERROR", signal).code_from(DERIVED),
                0x101 | 0x103 => Class::new("DATATYPE_MISALIGNMENT", signal).code_from(DERIVED),
                // KERN_PROTECTION_FAILURE.
                _ => fault(facts, reason, signal, flags == 2),
            }
        }
        (code, _) => match signal {
            Some(signal @ ("SIGSEGV" | "SIGBUS")) => fault(facts, reason, signal, signal == "SIGBUS"),
            Some("SIGFPE") => Class::new("INTEGER_DIVIDE_BY_ZERO", "SIGFPE"),
            Some("SIGSYS") => Class::new("FAIL_FAST_INVALID_SYSCALL_NUMBER", "SIGSYS"),
            Some(signal) => stopped(facts, signal, hint),
            None if code == Some(CRASH) => stopped(facts, "SIGABRT", hint),
            None if facts.hang => Class::new("APPLICATION_HANG", "cfffffff").event("hang"),
            None => Class::new("APPLICATION_FAULT", code.map_or_else(|| "0".to_owned(), hex)),
        },
    }
}

/// The codes with which iOS ends a program. "Understanding the exception types in a crash report", Apple.
pub(super) fn termination(code: u64) -> Option<Class> {
    let code = u32::try_from(code).ok()?;
    let (class, event) = match code {
        0x8bad_f00d => ("APPLICATION_HANG_WATCHDOG", "hang"),
        0xdead_10cc => ("FILE_LOCK_HELD", "crash"),
        0xc000_10ff => ("THERMAL", "crash"),
        0xbaad_ca11 => ("CALLKIT", "crash"),
        0xbad2_2222 => ("VOIP_RESUME", "crash"),
        0xbadd_d15c => ("DISK_CLEANUP", "crash"),
        0xdead_fa11 => ("FORCE_QUIT", "crash"),
        _ => return None,
    };
    Some(Class::new(class, hex(code)).event(event))
}
