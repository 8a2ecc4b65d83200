//! The native exception of a crash whose stacks arrive unwound.

use std::borrow::Cow;

use failure::reason::mac::{access_from_esr, access_from_trap};
use failure::reason::mach_codes::{
    EXC_BAD_ACCESS, EXC_BAD_INSTRUCTION, EXC_CRASH, EXC_GUARD, EXC_RESOURCE, code_number, exception_number,
    is_of_other_processor,
};
use failure::reason::{Access, Raw, Reason, decode};
use inputs::{Crash, Exception};
use vocabulary::{Arch, Os};

/// The exception as numbers, where there are any, and in words.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExceptionFacts {
    pub(crate) platform: Os,
    pub(crate) cpu: Option<Arch>,
    /// The Mach exception.
    pub(crate) code: Option<u32>,
    /// Its first code.
    pub(crate) flags: u32,
    /// Its second code.
    pub(crate) address: u64,
    /// The exception and its codes, as Crashpad writes them.
    pub(crate) parameters: Vec<u64>,
    pub(crate) signal: Option<String>,
    /// Its code by name, where the input gives only that: `SEGV_ACCERR`.
    pub(crate) signal_code: Option<String>,
    /// The address that was touched.
    pub(crate) fault_address: Option<u64>,
    pub(crate) access: Option<Access>,
    /// The crash in words.
    pub(crate) text: Option<String>,
    pub(crate) note: Option<String>,
}

impl ExceptionFacts {
    pub(crate) fn of(crash: &Crash) -> Self {
        let mut facts = Self { platform: crash.system.os, cpu: crash.system.arch, ..Self::default() };
        if let Some(exception) = &crash.exception {
            facts.read(exception);
            facts.access = access(crash).filter(|_| facts.is_memory_fault());
        }
        facts
    }

    fn read(&mut self, exception: &Exception) {
        if self.platform == Os::Windows
            && let Some(code) = exception.codes.first().and_then(|&code| u32::try_from(code).ok())
        {
            return self.read_windows(code, exception);
        }
        let kind = exception.kind.as_deref().unwrap_or("").trim();
        let name = kind.split([' ', '/', '(']).next().unwrap_or("");
        self.code = exception_number(name);
        let subtype = exception.subtype.as_deref().unwrap_or("").trim();
        let word = subtype.split([' ', '/', '(', ',']).next().unwrap_or("");
        let signal = exception.signal.as_deref().filter(|signal| !signal.is_empty());
        let mut reason = None;
        if let Some(code) = self.code {
            // A zero is not a code where a word names another.
            let named = code_number(code, self.cpu, word);
            let mut codes = exception.codes.iter().copied();
            let first = match codes.next() {
                None | Some(0) if named.is_some() => named,
                first => first,
            };
            // Without the codes, the address in words is used.
            let second = codes.next().or(exception.address).filter(|_| first.is_some());
            self.flags = first.unwrap_or(0) as u32;
            self.address = second.unwrap_or(0);
            self.parameters = [Some(u64::from(code)), first, second].into_iter().flatten().collect();
            reason = Some(decode(&self.raw(code)));
        }
        // Without a Mach exception the code is that of the signal.
        if self.code.is_none() {
            self.flags = exception.codes.first().map_or(0, |code| *code as u32);
        }
        self.fault_address = exception.address;
        let by_word = match self.code {
            None | Some(EXC_RESOURCE | EXC_GUARD) => true,
            Some(code) => is_of_other_processor(code, self.cpu, word),
        };
        self.signal_code = Some(word.to_owned()).filter(|word| by_word && !word.is_empty());
        let derived = || reason.as_ref().and_then(|reason: &Reason| reason.signal);
        self.signal = signal.or_else(derived).map(str::to_owned);
        self.note = [exception.note.as_deref(), reason.as_ref().and_then(|reason| reason.note.as_deref())]
            .into_iter()
            .flatten()
            .find(|note| !note.is_empty())
            .map(str::to_owned);
        if let (Some(reason), true) = (&reason, self.code.is_some_and(|code| code <= EXC_BAD_INSTRUCTION)) {
            self.fault_address = exception.address.or(reason.address.filter(|_| !exception.codes.is_empty()));
        }
        self.text = match (reason, self.signal.as_deref(), word) {
            // The code that the end of a process has of its signal is often missing.
            (Some(_), Some(signal), _) if self.code == Some(EXC_CRASH) => Some(format!("EXC_CRASH / {signal}")),
            // Without codes the subtype is all that is known of a resource or a guard.
            (Some(_), _, word) if by_word && !word.is_empty() && exception.codes.iter().all(|&code| code == 0) => {
                Some(format!("{name} / {word}"))
            }
            (Some(reason), ..) => Some(reason.text),
            (None, Some(signal), "") => Some(signal.to_owned()),
            (None, Some(signal), word) if word != signal => Some(format!("{signal} / {word}")),
            (None, Some(signal), _) => Some(signal.to_owned()),
            (None, None, _) => [kind, subtype].into_iter().find(|text| !text.is_empty()).map(str::to_owned),
        };
    }

    /// An exception record of Windows: its address is that of the instruction.
    fn read_windows(&mut self, code: u32, exception: &Exception) {
        self.code = Some(code);
        self.address = exception.address.unwrap_or(0);
        self.parameters = exception.codes[1..].to_vec();
        let reason = decode(&self.raw(code));
        self.text = Some(reason.text);
        self.note = exception.note.clone().or(reason.note.map(Cow::into_owned));
    }

    /// The exception as a dump's record would hold it.
    fn raw(&self, code: u32) -> Raw<'_> {
        Raw {
            platform: self.platform,
            cpu: self.cpu,
            code,
            flags: self.flags,
            address: self.address,
            parameters: &self.parameters,
        }
    }

    pub(super) fn is_memory_fault(&self) -> bool {
        self.code == Some(EXC_BAD_ACCESS) || matches!(self.signal.as_deref(), Some("SIGSEGV" | "SIGBUS"))
    }
}

/// The crash is one of an instruction, so that the crashed thread's program counter is where it crashed.
pub(super) fn is_fault(crash: &Crash) -> bool {
    let Some(exception) = &crash.exception else { return false };
    let is = |text: &Option<String>, wanted: &[&str]| text.as_deref().is_some_and(|text| wanted.contains(&text));
    is(&exception.signal, &["SIGILL", "SIGBUS", "SIGSEGV"])
        || is(&exception.kind, &["EXC_BAD_ACCESS", "EXC_BAD_INSTRUCTION"])
}

/// How memory was touched, by the processor's own word: the exception syndrome of arm64, the trap and error code of
/// x86.
fn access(crash: &Crash) -> Option<Access> {
    let thread = crash.threads.get(crash.crashed?)?;
    let value = |wanted: &str| thread.registers.iter().find(|(name, _)| name == wanted).map(|(_, value)| *value);
    // Text reports have them in words below the registers: `Error Code: 0x00000006 (no mapping for user data write)`.
    let word = |wanted: &str| thread.state.iter().find(|(name, _)| name == wanted).and_then(|(_, text)| number(text));
    match crash.system.arch? {
        Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32 => access_from_esr(value("esr")?),
        Arch::Amd64 | Arch::X86 => access_from_trap(
            value("trap").or_else(|| value("trapno")).or_else(|| word("Trap Number"))?,
            value("err").or_else(|| word("Error Code"))?,
        ),
        Arch::Arm => None,
    }
}

/// The number that a text begins with.
fn number(text: &str) -> Option<u64> {
    let word = text.split_whitespace().next()?;
    match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}
