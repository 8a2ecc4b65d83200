//! Mach exceptions of macOS, iOS and their kin, in words and as signals. Their names and numbers are in
//! [`mach_codes`](super::mach_codes).

use std::borrow::Cow;

use vocabulary::Arch;
use vocabulary::darwin::{SIGNALS, exception_name, signal_name};

use super::mach_codes::{
    EXC_ARITHMETIC, EXC_BAD_ACCESS, EXC_BAD_INSTRUCTION, EXC_BREAKPOINT, EXC_CRASH, EXC_EMULATION, EXC_GUARD,
    EXC_I386_GPFLT, EXC_RESOURCE, EXC_SOFTWARE, KERN_INVALID_ADDRESS, NS_EXCEPTION, code_name, codes,
};
use super::{Access, Raw, Reason, mach_guard, mach_resource};

/// Crashpad's dump on request: 'CPsx'.
const SIMULATED: u32 = 0x4350_7378;

/// How memory was touched, by arm64's exception syndrome (Arm ARM, ESR_EL1). None if it was no abort of an access, or one
/// of cache maintenance, which is called a write whatever it is.
#[must_use]
pub const fn access_from_esr(esr: u64) -> Option<Access> {
    const CACHE_MAINTENANCE: u64 = 1 << 8;
    const WRITE_NOT_READ: u64 = 1 << 6;
    match (esr >> 26) & 0x3f {
        // Instruction abort, from a lower or the same exception level.
        0x20 | 0x21 => Some(Access::Execute),
        0x24 | 0x25 if esr & CACHE_MAINTENANCE != 0 => None,
        0x24 | 0x25 if esr & WRITE_NOT_READ != 0 => Some(Access::Write),
        0x24 | 0x25 => Some(Access::Read),
        _ => None,
    }
}

/// How memory was touched, by x86's trap number and the error code of a page fault (Intel SDM 3, 4.7). None of other traps.
#[must_use]
pub const fn access_from_trap(trap: u64, error: u64) -> Option<Access> {
    const PAGE_FAULT: u64 = 14;
    const WRITE: u64 = 1 << 1;
    const FETCH: u64 = 1 << 4;
    match (trap, error) {
        (PAGE_FAULT, error) if error & FETCH != 0 => Some(Access::Execute),
        (PAGE_FAULT, error) if error & WRITE != 0 => Some(Access::Write),
        (PAGE_FAULT, _) => Some(Access::Read),
        _ => None,
    }
}

/// The exception. Crashpad takes what EXC_CRASH wraps for the exception; where it wraps none, which is every end by a
/// signal alone, as `abort` does it, that is 0, and only the parameters still have the EXC_CRASH.
fn exception(raw: &Raw<'_>) -> u32 {
    match (raw.code, raw.parameters) {
        (0, [first, _, ..]) if *first == u64::from(EXC_CRASH) => EXC_CRASH,
        (code, _) => code,
    }
}

pub(super) fn read(raw: &Raw<'_>, reason: &mut Reason) {
    reason.signal = signal(raw);
    match raw.code {
        SIMULATED => reason.requested = true,
        EXC_BAD_ACCESS if raw.flags == EXC_I386_GPFLT && raw.cpu.is_some_and(Arch::is_x86) => {
            reason.address = None;
            reason.note = Some(Cow::Borrowed("a general protection fault: the kernel gives no address"));
        }
        // Crashpad puts the program counter where other writers put the second code; that is an address of one guard only.
        EXC_RESOURCE | EXC_GUARD if raw.address == codes(raw).1 && mach_guard::kind(raw) != Some("VIRT_MEMORY") => {
            reason.address = None;
            reason.note = Some(Cow::Borrowed("the exception is about no address; its second code is in the type"));
        }
        _ => {}
    }
}

pub(super) fn text(raw: &Raw<'_>) -> String {
    let number = exception(raw);
    let exception = match number {
        SIMULATED => return "Simulated Exception".to_owned(),
        NS_EXCEPTION => return "Uncaught NSException".to_owned(),
        number => exception_name(number),
    };
    let Some(exception) = exception else {
        return format!("unknown {:#010x} / {:#010x}", raw.code, raw.flags);
    };
    let kind = match number {
        EXC_CRASH => crash_signal(raw),
        EXC_RESOURCE => return mach_resource::text(raw),
        EXC_GUARD => return mach_guard::text(raw),
        _ => code_name(number, raw.cpu, raw.flags),
    };
    match kind {
        Some(kind) => format!("{exception} / {kind}"),
        None => format!("{exception} / {:#010x}", raw.flags),
    }
}

/// The signal inside EXC_CRASH, which reports the end of a process: bits 24..32 of the code (XNU, `kern_exit.c`).
fn crash_signal(raw: &Raw<'_>) -> Option<&'static str> {
    let code = raw.parameters.get(1).map_or(raw.flags, |&code| code as u32);
    signal_name(code >> 24)
}

/// The name of a signal, if it is one.
pub(crate) fn known_signal(name: &str) -> Option<&'static str> {
    SIGNALS.iter().find(|known| **known == name).copied()
}

/// The signal the kernel makes of an exception (XNU, `ux_exception` and the `machine_exception` of each processor).
fn signal(raw: &Raw<'_>) -> Option<&'static str> {
    Some(match (exception(raw), raw.flags) {
        // No kernel code at all, as Xcode's simulated MetricKit payloads have it.
        (EXC_BAD_ACCESS, 0) => return None,
        (EXC_BAD_ACCESS, KERN_INVALID_ADDRESS) => "SIGSEGV",
        (EXC_BAD_ACCESS, EXC_I386_GPFLT) if raw.cpu.is_some_and(Arch::is_x86) => "SIGSEGV",
        (EXC_BAD_ACCESS, _) => "SIGBUS",
        (EXC_BAD_INSTRUCTION, _) => "SIGILL",
        (EXC_ARITHMETIC, _) => "SIGFPE",
        (EXC_EMULATION, _) => "SIGEMT",
        (EXC_SOFTWARE, 0x1_0000) => "SIGSYS",
        (EXC_SOFTWARE, 0x1_0001) => "SIGPIPE",
        (EXC_SOFTWARE, 0x1_0002 | 0xdead_c0de) | (NS_EXCEPTION, _) => "SIGABRT",
        (EXC_SOFTWARE, 0x1_0003) => "SIGKILL",
        (EXC_BREAKPOINT, _) => "SIGTRAP",
        (EXC_CRASH, _) => return crash_signal(raw),
        _ => return None,
    })
}
