//! `__unwind_info` of Mach-O: compact unwind encodings.
//!
//! An encoding of 32 bits describes the body of a function; for what it cannot describe it names an entry of `__eh_frame`. It says
//! nothing of prologues and epilogues: for a frame that may be in one the code is read, if it is there.
//!
//! Source: Apple's `mach-o/compact_unwind_encoding.h`. The opcodes are decoded by the crate macho-unwind-info; its look-up panics on
//! damaged tables, so that is [`index`]'s.

pub mod amd64;
pub mod arm64;
pub mod index;
mod prologue_arm64;
mod prologue_x86_64;

use unwind::{UnwindState, Unwound};
use vocabulary::Arch;

use crate::image::Image;
use crate::row::Row;

pub use index::{Function, Index};

/// What an encoding comes to in the body of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoded {
    /// The rules.
    Row(Row),
    /// They are in `__eh_frame`, in the entry at this offset.
    Dwarf(u32),
    /// The table has no rules for the function: it is a leaf, or was written by hand.
    Nothing,
}

/// What the encoding of a function comes to. `None`: it is damaged.
#[must_use]
pub fn encoded(arch: Arch, image: &impl Image, function: Function) -> Option<Encoded> {
    match arch {
        Arch::Amd64 => amd64::encoded(image, function),
        Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32 => arm64::encoded(function),
        Arch::X86 | Arch::Arm => None,
    }
}

/// The rules for an address, other than those in `__eh_frame`.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'t, I> {
    image: &'t I,
    arch: Arch,
    rva: u32,
    function: Function,
    row: Row,
}

/// Bytes of code that are read of a function's beginning, and from an instruction on to the end of an epilogue.
const CODE: usize = 160;

impl<'t, I: Image> Rules<'t, I> {
    /// The rules for an address. `None`: the table has no rules there, they are damaged, or they are in `__eh_frame`.
    pub fn at(arch: Arch, image: &'t I, section: &[u8], rva: u64) -> Option<Self> {
        let rva = u32::try_from(rva).ok()?;
        let mut function = Index::new(section)?.at(rva)?;
        // Linkers join functions with the same encoding that follow each other.
        if let Some(start) = image.function_start(rva.into()).and_then(|start| u32::try_from(start).ok()) {
            function.begin = function.begin.max(start);
        }
        match encoded(arch, image, function)? {
            Encoded::Row(row) => Some(Self { image, arch, rva, function, row }),
            Encoded::Dwarf(_) | Encoded::Nothing => None,
        }
    }

    /// Bytes that are interpreted.
    #[must_use]
    pub const fn size(&self) -> usize {
        4
    }

    /// The caller.
    pub fn apply(&self, callee: &impl UnwindState) -> Unwound {
        let by_code = if callee.is_exact() { self.by_code(callee) } else { None };
        by_code.unwrap_or(self.row).apply(callee)
    }

    /// The rules in a prologue or an epilogue.
    fn by_code(&self, callee: &impl UnwindState) -> Option<Row> {
        let offset = self.rva.checked_sub(self.function.begin)?;
        if offset == 0 {
            return Some(Row::at_entry(self.arch));
        }
        let pc = callee.registers().pc();
        let begin = pc.checked_sub(offset.into())?;
        let is_inside = |distance: i64| {
            let target = i64::from(self.rva).saturating_add(distance);
            (i64::from(self.function.begin)..i64::from(self.function.end)).contains(&target)
        };
        let left = usize::try_from(self.function.end.checked_sub(self.rva)?).ok()?;
        let run = usize::try_from(offset).ok()?;
        let ahead = code(self.image, callee, pc, self.rva.into(), left.min(CODE));
        // The whole prologue must be seen: whether this is one, only its beginning shows.
        let behind = match run <= CODE {
            true => code(self.image, callee, begin, self.function.begin.into(), run.saturating_add(left).min(CODE)),
            false => None,
        };
        match self.arch {
            Arch::Amd64 => behind
                .and_then(|code| prologue_x86_64::row(code, run, &self.row))
                .or_else(|| crate::epilogue_x86_64::row(ahead?, |distance| !is_inside(distance))),
            _ => behind
                .and_then(|code| prologue_arm64::in_prologue(code, run, &self.row))
                .or_else(|| prologue_arm64::in_epilogue(ahead?, |distance| !is_inside(distance))),
        }
    }
}

/// Code, from the process or from the image.
fn code<'c>(
    image: &'c impl Image,
    callee: &'c impl UnwindState,
    address: u64,
    rva: u64,
    length: usize,
) -> Option<&'c [u8]> {
    callee.bytes(address, length).or_else(|| {
        let code = image.bytes_from(rva)?;
        Some(code.get(..length).unwrap_or(code))
    })
}
