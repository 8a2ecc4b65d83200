//! What is known about a crash: the input of naming.

use vocabulary::{Arch, Language, Os, Trust};

use super::choices::{Profile, Vocabulary};
use super::rules::Rules;
use crate::hash::Mode;
use crate::reason::Access;

/// Frames that are looked at; deeper ones say nothing about a crash.
pub(super) const MAX_FRAMES: usize = 512;

/// One frame, innermost first in a list of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame<'a> {
    /// The module's file, as a path or a bare name; None where the address is in no module.
    pub module: Option<&'a str>,
    /// The module's file name as the name shall show it; None: the last part of `module`.
    pub image: Option<&'a str>,
    /// The function as the symbols spell it: decorated or not, with parameters or without.
    pub function: Option<&'a str>,
    /// Source file, where known: some rules go by its path.
    pub file: Option<&'a str>,
    /// The function was inlined into the next frame.
    pub inline: bool,
    /// How the frame was found.
    pub trust: Trust,
    /// The module's debug id.
    pub debug_id: Option<&'a str>,
    /// Offset of the frame's address in its module, in bytes.
    pub offset: Option<u64>,
    /// The address lies in a module that was unloaded before the crash.
    pub unloaded: bool,
}

/// A part of the stack that repeats, as its walker found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recursion {
    /// Index in [`Facts::frames`] of the first frame of the cycle.
    pub first: usize,
    /// Frames in the cycle.
    pub period: usize,
}

/// What the memory at the fault address is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mapping {
    /// The input does not say.
    #[default]
    Unknown,
    /// Nothing is there.
    Unmapped,
    /// Memory that must not be run as code.
    NotExecutable,
    /// Code.
    Executable,
}

impl Mapping {
    /// `unmapped`, `not_executable`, `executable`; None if it is not known.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Mapping::Unknown => None,
            Mapping::Unmapped => Some("unmapped"),
            Mapping::NotExecutable => Some("not_executable"),
            Mapping::Executable => Some("executable"),
        }
    }
}

/// An exception of the program's language.
#[derive(Clone, Copy, Debug)]
pub struct Thrown<'a> {
    /// The language.
    pub language: Language,
    /// The exception's type, fully qualified; None if unknown.
    pub type_name: Option<&'a str>,
    /// The HRESULT of a .NET exception, where known.
    pub hresult: Option<u32>,
}

/// What a stowed exception (Windows, `c000027b`) carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stowed<'a> {
    /// The HRESULT it was made from; None if unknown.
    pub hresult: Option<u32>,
    /// What made it, if it is not an exception of a language: `XAML`, `IRestrictedErrorInfo`, `DELEGATE`.
    pub kind: Option<&'a str>,
    /// Its restricted description.
    pub text: Option<&'a str>,
}

/// Everything a name is made from. `Facts::default()` is a crash nothing is known about; fill in what is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// Operating system.
    pub platform: Os,
    /// Processor.
    pub cpu: Option<Arch>,
    /// Program or kernel.
    pub mode: Mode,
    /// Exception code, signal number or Mach exception; None: the input has none (a hang, a dump on request).
    pub code: Option<u32>,
    /// Exception flags, `si_code` or the Mach exception's first code.
    pub flags: u32,
    /// The raw address of the exception record (see [`crate::reason::Raw::address`]).
    pub address: u64,
    /// The exception's parameters.
    pub parameters: &'a [u64],
    /// The address that was touched, if the caller knows it better than the exception (text reports, disassembly).
    pub fault_address: Option<u64>,
    /// The instruction pointer; a fault at this very address is a jump to where no code is.
    pub instruction: Option<u64>,
    /// How memory was touched, if the caller knows better than the exception (page-fault error code, ESR, disassembly).
    pub access: Option<Access>,
    /// What the memory at the fault address is.
    pub mapping: Mapping,
    /// Off Windows: the signal was sent by a process or by the program itself; no instruction faulted.
    pub sent: bool,
    /// The faulting instruction is one that programs may not run (`hlt`).
    pub privileged: bool,
    /// The stack pointer or the fault address is at the crashed thread's stack limit.
    pub stack_overflow: bool,
    /// The file name of the program.
    pub process: Option<&'a str>,
    /// The service group of a `svchost.exe`: `localservice`.
    pub service_group: Option<&'a str>,
    /// Which thread crashed, as an index; copied to the answer.
    pub thread: Option<usize>,
    /// Frames of the crashed thread, innermost first.
    pub frames: &'a [Frame<'a>],
    /// A recursion the walker has already found and shortened.
    pub recursion: Option<Recursion>,
    /// The walk of the stack was cut by a limit.
    pub truncated: bool,
    /// Abort message, assertion, `__crash_info`: what the program said on its way out.
    pub message: Option<&'a str>,
    /// Assertion recorded by the crash handler (Breakpad's assertion stream): its expression.
    pub assertion: Option<&'a str>,
    /// The uncaught exception of the program's language.
    pub thrown: Option<Thrown<'a>>,
    /// The name of the signal, where the input gives only that (text reports).
    pub signal: Option<&'a str>,
    /// The signal's code by name, where the input gives only that (text reports): `SEGV_ACCERR`, `BUS_NOOP`.
    pub signal_code: Option<&'a str>,
    /// Apple: the termination code (`0x8badf00d`).
    pub termination: Option<u64>,
    /// Apple: who ended the program, or why: `SIGNAL`, `FRONTBOARD`, `CODESIGNING`, `DYLD`.
    pub termination_namespace: Option<&'a str>,
    /// The program or a user asked for the report, and nothing crashed. Exceptions that only stand for such a request
    /// say so themselves.
    pub requested: bool,
    /// The program caught the exception and went on: the sender reported a handled error, or said `fatal: false`.
    pub handled: bool,
    /// The report is of a hang (ANR, watchdog), not of a crash.
    pub hang: bool,
    /// Windows: what a packaged application hung in: `QUIESCE`, `ACTIVATION`, `NAVIGATION`.
    pub hang_kind: Option<&'a str>,
    /// Windows: the application id of a packaged application.
    pub package: Option<&'a str>,
    /// Windows: what the stowed exception carries.
    pub stowed: Option<Stowed<'a>>,
    /// Windows: what the heap found wrong, in the debugger's words: `BlockNotBusy`, `BlockNotBusy_DOUBLE_FREE`.
    pub heap_error: Option<&'a str>,
    /// Windows: Application Verifier is in the process.
    pub verifier: bool,
    /// Windows: the stack pointer lies in no stack of the thread.
    pub stack_pointer_mismatch: bool,
    /// Further problem classes that the caller knows of, put behind the first: `NOSOS`, `ENDTASK`.
    pub tags: &'a [&'a str],
    /// Leave [`super::Failure::why`] nearly empty: for many names at once.
    pub brief: bool,
    /// Words for null addresses.
    pub vocabulary: Vocabulary,
    /// Which frames are skipped.
    pub profile: Profile,
    /// A user's own rules, which come before the built-in ones.
    pub rules: Option<&'a Rules>,
}
