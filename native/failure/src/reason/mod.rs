//! What the operating system reports about a crash, in words.

mod linux;
pub mod mac;
pub mod mach_codes;
mod mach_guard;
mod mach_resource;
mod windows;

use std::borrow::Cow;

use vocabulary::{Arch, Os};

/// An exception as a minidump's exception record holds it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw<'a> {
    /// Operating system.
    pub platform: Os,
    /// Processor; None: unknown, taken as one of 64 bits.
    pub cpu: Option<Arch>,
    /// Windows: exception code. Linux: signal number. Apple: Mach exception.
    pub code: u32,
    /// Windows: exception flags. Linux: `si_code`. Apple: the exception's first code, its low 32 bits.
    pub flags: u32,
    /// Windows: where it was raised. Linux: `si_addr`. Apple: the exception's second code.
    pub address: u64,
    /// The record's parameters, at most 15.
    pub parameters: &'a [u64],
}

/// How memory was used when it faulted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Read.
    Read,
    /// Written.
    Write,
    /// Run as code.
    Execute,
}

impl Access {
    /// `read`, `write` or `execute`.
    pub fn as_str(self) -> &'static str {
        match self {
            Access::Read => "read",
            Access::Write => "write",
            Access::Execute => "execute",
        }
    }
}

/// What an exception means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// In words, spelled as rust-minidump's `crash_info.type`: `SIGSEGV / SEGV_MAPERR`.
    pub text: String,
    /// The address the crash is about: the memory touched where the system says it, else where the exception was
    /// raised. Cut to 32 bits on 32-bit processors. `None`: the exception has none, and `note` says why.
    pub address: Option<u64>,
    /// How the address was touched, where the system says it.
    pub access: Option<Access>,
    /// The name of the POSIX signal the process got or would have got: `SIGSEGV`. None on Windows.
    pub signal: Option<&'static str>,
    /// Windows: the NTSTATUS or HRESULT carried inside the exception (in-page errors).
    pub status: Option<u32>,
    /// The exception was not a crash: a dump asked for by the program or by a user.
    pub requested: bool,
    /// What else is to be known, as a sentence: `si_addr holds the sender: pid 14782, uid 1000`.
    pub note: Option<Cow<'static, str>>,
}

impl Reason {
    /// The signal turned out to be sent: what the record has for an address is its sender.
    #[must_use]
    pub fn sent(self, sender: u64) -> Reason {
        Reason { address: None, note: Some(linux::sender(sender)), ..self }
    }
}

/// Reads an exception. Every input has a result: unknown numbers stay numbers.
pub fn decode(raw: &Raw<'_>) -> Reason {
    let mut reason = without_text(raw);
    reason.text = match raw.platform {
        Os::Windows => windows::text(raw),
        Os::Linux | Os::Android => {
            reason.note = linux::note(raw);
            linux::text(raw)
        }
        Os::MacOs | Os::Ios => mac::text(raw),
        _ => format!("unknown {:#010x} / {:#010x}", raw.code, raw.flags),
    };
    reason
}

/// As [`decode`], but for what only people read: naming needs neither text nor note.
pub(crate) fn without_text(raw: &Raw<'_>) -> Reason {
    let mut reason = Reason { address: Some(raw.address), ..Reason::default() };
    match raw.platform {
        Os::Windows => windows::read(raw, &mut reason),
        Os::Linux | Os::Android => linux::read(raw, &mut reason),
        Os::MacOs | Os::Ios => mac::read(raw, &mut reason),
        _ => {}
    }
    // No exception has this code; writers put it there where there was none.
    reason.requested |= raw.code == 0 && reason.signal.is_none();
    if raw.cpu.is_some_and(|arch| arch.pointer_size() == 4) {
        // Writers sign-extend 32-bit addresses now and then.
        reason.address = reason.address.map(|address| address & 0xffff_ffff);
    }
    reason
}

/// The name of a Windows thread's last error (`GetLastError`), spelled as rust-minidump's `last_error_value`:
/// `ERROR_ACCESS_DENIED`, else the NTSTATUS or HRESULT of the number, else `unknown 0x12345678`.
pub fn last_error(value: u32) -> String {
    windows::error_text(value)
}

/// The number of a signal of Linux, by its name.
pub(crate) fn signal_number(name: &str) -> Option<u32> {
    linux::signal_number(name)
}

/// What an Apple resource or guard exception is about, for its name: `MEMORY`, `MACH_PORT`. `word` is what a report
/// without codes has instead.
pub(crate) fn mach_kind(raw: &Raw<'_>, word: Option<&str>) -> Option<&'static str> {
    match raw.code {
        mach_codes::EXC_RESOURCE => mach_resource::kind(raw).or_else(|| mach_resource::kind_of_word(word?)),
        // Kind 0 is `NONE`, and what stands there without codes.
        mach_codes::EXC_GUARD => match (mach_guard::kind(raw), word.and_then(mach_guard::kind_of_word)) {
            (None | Some("NONE"), Some(of_word)) => Some(of_word),
            (kind, _) => kind,
        },
        _ => None,
    }
}
