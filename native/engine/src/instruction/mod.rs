//! The crashing instruction: what it is, which memory it uses, and what that shows about the crash.
//!
//! Signals and Mach exceptions do not distinguish a read from a write, and no system reports an address that is not
//! canonical. Where the dump holds the bytes at the program counter, the instruction and the registers show both. One
//! instruction is decoded per dump.

mod arm;
mod arm64;
mod arm64_vector;
mod guard;
mod judge;
mod operand;
mod thumb;
mod x86;

#[cfg(test)]
mod tests;

use failure::reason::{Access, Reason};
use minidump::{Context, Dump};

use operand::{Decoded, Target};
use vocabulary::{Arch, Os, THUMB};

/// No instruction is longer.
const LONGEST: usize = 15;

/// The address of a crash, where the system's is wrong or missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adjusted {
    /// The system gives no address that is not canonical: this is it.
    NonCanonical(u64),
    /// A null pointer with this offset.
    NullPointer(u64),
}

/// What the crashing instruction shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Analysis {
    /// The instruction; `None` if the dump does not have its bytes, or it cannot be decoded.
    pub(crate) decoded: Option<Decoded>,
    /// For each of its accesses, whether it goes to what is likely a guard page.
    pub(crate) guard_pages: Vec<bool>,
    /// Where a certain jump goes.
    pub(crate) target: Option<u64>,
    /// A better address.
    pub(crate) adjusted: Option<Adjusted>,
    /// How memory was accessed: as the system reports it, else what the instruction does there.
    pub(crate) access: Option<Access>,
    /// Where the exception contradicts the instruction, in rust-minidump's words.
    pub(crate) inconsistencies: Vec<&'static str>,
}

/// Decodes the crashing instruction of a dump and compares it with the exception.
pub(crate) fn analyse(dump: &Dump<'_>, reason: Option<&Reason>, crashing: Option<usize>) -> Analysis {
    let (Some(reason), Some(exception)) = (reason, dump.exception.as_ref()) else { return Analysis::default() };
    let thread = crashing.and_then(|i| dump.threads.get(i));
    let context = exception.context.as_ref().or_else(|| thread.and_then(|t| t.context.as_ref()));
    let Some(context) = context else { return Analysis { access: reason.access, ..Analysis::default() } };
    let teb = thread.map(|t| t.teb).filter(|&teb| teb != 0 && dump.os() == Os::Windows);
    let decoded = decode(bytes_at(dump, context), context, teb);
    let target = decoded.as_ref().and_then(|d| d.target).and_then(|target| match target {
        Target::Address(address) => Some(address),
        Target::Memory(at) => dump.memory.word(at, context.registers.arch),
    });
    let accesses = decoded.as_ref().map_or(&[][..], |d| &d.accesses);
    let guard_pages = accesses.iter().map(|a| a.address.is_some_and(|at| guard::is_likely(dump, at))).collect();
    let analysis = Analysis { decoded, guard_pages, target, ..Analysis::default() };
    judge::judge(dump, exception, reason, context, analysis)
}

/// What the dump has of the instruction.
fn bytes_at<'a>(dump: &Dump<'a>, context: &Context) -> &'a [u8] {
    let pc = match context.registers.arch {
        Arch::Arm => context.registers.pc() & !THUMB,
        _ => context.registers.pc(),
    };
    let Some(region) = dump.memory.region_at(pc) else { return &[] };
    region.read_up_to(pc, LONGEST).unwrap_or_default()
}

/// The instruction in these bytes.
fn decode(bytes: &[u8], context: &Context, teb: Option<u64>) -> Option<Decoded> {
    if bytes.is_empty() {
        return None;
    }
    match context.registers.arch {
        Arch::X86 | Arch::Amd64 => x86::decode(bytes, &context.registers, teb),
        Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32 => arm64::decode(bytes, &context.registers),
        Arch::Arm => match arm::is_thumb(&context.registers, context.flags)? {
            true => thumb::decode(bytes, &context.registers),
            false => arm::decode(bytes, &context.registers),
        },
    }
}
