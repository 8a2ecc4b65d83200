//! Processor contexts: the registers of a thread when the dump was written.
//!
//! Writers agree on the layouts but not on marking them. The flags word says which processor a context
//! is for; where it names none, SystemInfo decides; where the two contradict, a context that has exactly
//! the size and flags of another layout is that one. Bytes after the known structure (XSAVE state) are
//! not looked at, and a context that is cut gives the registers it has.

mod amd64;
mod arm;
mod arm64;
mod x86;

use vocabulary::{Arch, Registers};

use crate::faults::Faults;
use crate::reader::{Location, Source, u32_at, u64_at};

/// The part of a thread's context that walking a stack and reporting need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// Integer registers, stack pointer and program counter; those beyond the end of a short context are
    /// unknown.
    pub registers: Registers,
    /// The processor's flags: `eflags` or `cpsr`; 0 if not in the dump.
    pub flags: u32,
    /// The context's own `ContextFlags`: which processor and which parts.
    pub context_flags: u32,
    /// The selector of the code that was run, `cs`; 0 where the processor has no such selector or the dump lacks it.
    /// (x86-64)
    pub code_segment: u16,
    /// Whether bytes were missing, so that some registers are unknown.
    pub partial: bool,
}

/// A known layout.
struct Layout {
    arch: Arch,
    /// Size of the structure, without extended state after it.
    size: usize,
    /// Whether the flags in the bytes name this layout.
    claims: fn(&[u8]) -> bool,
    read: fn(&[u8]) -> Context,
}

/// All layouts. Where one architecture has two the first that claims the bytes counts.
const LAYOUTS: &[Layout] = &[x86::LAYOUT, amd64::LAYOUT, arm::LAYOUT, arm64::OLD, arm64::LAYOUT];

impl Context {
    /// Read a context. `expected` is the architecture of SystemInfo. `None` if no register is there or
    /// nothing shows the architecture.
    #[must_use]
    pub fn parse(bytes: &[u8], expected: Option<Arch>) -> Option<Self> {
        let context = (layout(bytes, expected)?.read)(bytes);
        (context.registers.valid != 0).then_some(context)
    }

    /// Read the context an entry points at, and report what is wrong with it. No location: no context.
    pub(crate) fn located(
        location: Location,
        source: &Source<'_>,
        expected: Option<Arch>,
        stream: u32,
        entry: Option<usize>,
        faults: &mut Faults,
    ) -> Option<Self> {
        if location.size == 0 {
            return None;
        }
        let bytes = source.clipped(location.rva.into(), location.size.into());
        let context = Self::parse(bytes, expected);
        let message = match &context {
            None if bytes.is_empty() => "the context lies outside of the file",
            None => "the context is too short, or of a processor whose registers are not read",
            Some(context) if context.partial => "the context is cut: the registers that are there are used",
            Some(_) => return context,
        };
        faults.add(stream, entry, location.rva.into(), message);
        context
    }
}

fn layout(bytes: &[u8], expected: Option<Arch>) -> Option<&'static Layout> {
    let of_expected = || LAYOUTS.iter().filter(move |l| Some(l.arch) == expected);
    if let Some(layout) = of_expected().find(|l| (l.claims)(bytes)) {
        return Some(layout);
    }
    let claiming = || LAYOUTS.iter().filter(|l| (l.claims)(bytes));
    if let Some(layout) = claiming().find(|l| l.size == bytes.len()) {
        return Some(layout);
    }
    // No flags, or nonsense: what SystemInfo says, in the layout current writers use (the last).
    of_expected().next_back().or_else(|| claiming().next())
}

/// Words of a context, read into registers as far as they are there.
struct Fields<'b> {
    bytes: &'b [u8],
    registers: Registers,
    missing: bool,
}

impl<'b> Fields<'b> {
    const fn new(bytes: &'b [u8], arch: Arch) -> Self {
        Self { bytes, registers: Registers::new(arch), missing: false }
    }

    /// A register of four bytes.
    fn word32(&mut self, register: u8, offset: usize) {
        match u32_at(self.bytes, offset) {
            Some(value) => self.registers.set(register, value.into()),
            None => self.missing = true,
        }
    }

    /// A register of eight bytes.
    fn word64(&mut self, register: u8, offset: usize) {
        match u64_at(self.bytes, offset) {
            Some(value) => self.registers.set(register, value),
            None => self.missing = true,
        }
    }

    /// The finished context, with its two words of flags.
    fn finish(self, context_flags: usize, flags: usize) -> Context {
        Context {
            registers: self.registers,
            flags: u32_at(self.bytes, flags).unwrap_or(0),
            context_flags: u32_at(self.bytes, context_flags).unwrap_or(0),
            code_segment: 0,
            partial: self.missing,
        }
    }
}
