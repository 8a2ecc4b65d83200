//! Linux and Android signals.

use std::borrow::Cow;

use super::{Raw, Reason};
use crate::codes;

/// `asm-generic/signal.h`, from 1. The numbers of MIPS and SPARC differ; no crash handler writes those.
const SIGNALS: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// `si_code` values that any signal may have.
const GENERAL: &[(i32, &str)] = &[
    (0, "SI_USER"),
    (-1, "SI_QUEUE"),
    (-2, "SI_TIMER"),
    (-3, "SI_MESGQ"),
    (-4, "SI_ASYNCIO"),
    (-5, "SI_SIGIO"),
    (-6, "SI_TKILL"),
    (-7, "SI_DETHREAD"),
    (-60, "SI_ASYNCNL"),
    (SI_KERNEL, "SI_KERNEL"),
];
const SI_KERNEL: i32 = 0x80;

/// The numbers of real-time signals.
const REAL_TIME: std::ops::RangeInclusive<u32> = 32..=64;

/// What Breakpad, and Crashpad for its simulated crashes, write for a dump without a crash.
const DUMP_REQUESTED: u32 = 0xffff_ffff;

/// The flags with which lldb marks an exception whose parameters hold the description of the stop: they are not a
/// `si_code`, and the address is one.
const WRITTEN_BY_LLDB: u32 = u32::from_be_bytes(*b"LLDB");

/// The description of a stop that lldb wrote into the parameters, up to a NUL.
fn description(parameters: &[u64]) -> Option<String> {
    let bytes = parameters.iter().flat_map(|word| word.to_le_bytes()).take_while(|&b| b != 0);
    let text: String = bytes.filter(|b| b.is_ascii_graphic() || *b == b' ').map(char::from).collect();
    (!text.is_empty()).then_some(text)
}

/// The name of a signal number. Real-time signals are counted from 32, as the kernel does.
pub(super) fn signal_name(number: u32) -> Option<&'static str> {
    SIGNALS.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

/// The number of a signal, by its name.
pub(super) fn signal_number(name: &str) -> Option<u32> {
    let index = SIGNALS.iter().position(|known| *known == name)?;
    u32::try_from(index + 1).ok()
}

pub(super) fn read(raw: &Raw<'_>, reason: &mut Reason) {
    if raw.code == DUMP_REQUESTED {
        reason.requested = true;
        return;
    }
    let code = raw.flags as i32;
    let Some(signal) = signal_name(raw.code) else {
        // Real-time signals are sent by processes alone.
        if REAL_TIME.contains(&raw.code) {
            reason.address = None;
        }
        return;
    };
    reason.signal = Some(signal);
    if raw.flags == WRITTEN_BY_LLDB {
        return;
    }
    // siginfo is a union: si_addr is there only when the kernel raised the signal for something the program did.
    // x86 reports a general protection fault as from the kernel, mostly for an address that is not canonical.
    if !is_fault(signal) || code < 0 || code == SI_KERNEL || is_without_address(raw, signal) {
        reason.address = None;
    }
}

/// Faults for which the kernel has no address and gives 0: an asynchronous tag check (arm64), a return address that
/// is not the shadow stack's (x86).
fn is_without_address(raw: &Raw<'_>, signal: &str) -> bool {
    const SEGV_MTEAERR: u32 = 8;
    const SEGV_CPERR: u32 = 10;
    signal == "SIGSEGV" && matches!(raw.flags, SEGV_MTEAERR | SEGV_CPERR) && raw.address == 0
}

/// Why there is no address.
pub(super) fn note(raw: &Raw<'_>) -> Option<Cow<'static, str>> {
    let Some(signal) = signal_name(raw.code) else {
        return REAL_TIME.contains(&raw.code).then(|| sender(raw.address));
    };
    if raw.flags == WRITTEN_BY_LLDB {
        return description(raw.parameters).map(|text| Cow::Owned(format!("lldb describes the stop: {text}")));
    }
    let code = raw.flags as i32;
    if !is_fault(signal) || code < 0 {
        return Some(sender(raw.address));
    }
    match code {
        SI_KERNEL if matches!(signal, "SIGSEGV" | "SIGBUS") => {
            Some(Cow::Borrowed("the kernel gave no address, as for one that is not canonical"))
        }
        SI_KERNEL => Some(Cow::Borrowed("the kernel gave no address")),
        _ => is_without_address(raw, signal).then_some(Cow::Borrowed("the kernel gives no address of such a fault")),
    }
}

pub(super) fn text(raw: &Raw<'_>) -> String {
    let name = match signal_name(raw.code) {
        Some(name) => name,
        None if raw.code == DUMP_REQUESTED => "DUMP_REQUESTED",
        None => {
            return match raw.code {
                code if REAL_TIME.contains(&code) => format!("SIGRTMIN+{}", raw.code - 32),
                _ => format!("unknown {:#010x} / {:#010x}", raw.code, raw.flags),
            };
        }
    };
    let own = name.strip_prefix("SIG").and_then(|family| codes::si_code(family, raw.flags));
    let general = || GENERAL.iter().find(|row| row.0 == raw.flags as i32).map(|row| row.1);
    match own.or_else(general) {
        // Breakpad leaves si_code 0 when it does not know it, so SI_USER says nothing.
        Some("SI_USER") => name.to_owned(),
        None if raw.flags == WRITTEN_BY_LLDB => name.to_owned(),
        Some(code) => format!("{name} / {code}"),
        None => format!("{name} / {:#010x}", raw.flags),
    }
}

/// The signals that a program's own instruction raises; only these have `si_addr`.
fn is_fault(signal: &str) -> bool {
    matches!(signal, "SIGILL" | "SIGTRAP" | "SIGBUS" | "SIGFPE" | "SIGSEGV" | "SIGSYS")
}

pub(super) fn sender(address: u64) -> Cow<'static, str> {
    match address {
        0 => Cow::Borrowed("the signal was sent and has no address"),
        // si_pid and si_uid lie where si_addr would: golden dumps of Breakpad show 0x3e8000039be for SIGABRT.
        _ => Cow::Owned(format!(
            "the signal was sent and has no address; in its place stand pid {} and uid {}",
            address as u32,
            address >> 32
        )),
    }
}
