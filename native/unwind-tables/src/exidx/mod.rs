//! `.ARM.exidx` and `.ARM.extab`: the exception handling ABI of 32-bit ARM.
//!
//! An entry is a small program that unwinds the body of a function: what it says does not hold in the prologue and in the
//! epilogues, so the first frame of a stack is unwound by [reading](crate::reading) the code up to it. `EXIDX_CANTUNWIND` says that
//! no exception passes the function. It does not say that nothing called it: compilers write it where nothing can throw, and linkers
//! for all functions behind the last that has a table. Such an entry is no rule.
//!
//! The crate `ehabi` decodes entries and their programs; [`body`] runs them.

mod body;
mod code;
mod listing;

use ehabi::read::{EndianSlice, ExIdx, ExTab, UnwindEntry, UnwindInstructionIter};
use ehabi::{BaseAddresses, LittleEndian};
use unwind::{UnwindState, Unwound};

use crate::format::Section;
use crate::stored_code::StoredCode;

type Slice<'s> = EndianSlice<'s, LittleEndian>;

/// The index, and the table that its longer entries are in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    index: Section,
    table: Option<Section>,
}

/// The rules of one entry, for one address.
#[derive(Debug)]
pub struct Rules<'s> {
    code: StoredCode<'s>,
    instructions: UnwindInstructionIter<Slice<'s>>,
    /// The first address of the function.
    start: u32,
    rva: u32,
}

impl Table {
    /// `table` is the section behind the index.
    pub(crate) fn new(index: Section, table: Option<Section>) -> Self {
        Self { index, table }
    }

    fn open<'s>(&self, whole: &'s [u8]) -> (ExIdx<Slice<'s>>, BaseAddresses) {
        // A last entry that is cut makes the whole section invalid.
        let bytes = self.index.bytes(whole);
        let bytes = bytes.get(..bytes.len() / 8 * 8).unwrap_or_default();
        let bases = BaseAddresses::default().set_exidx(self.index.rva as u32);
        let bases = self.table.map_or(bases, |table| bases.set_extab(table.rva as u32));
        (ExIdx::new(bytes, LittleEndian), bases)
    }

    /// The first address that the entry for an address is for, whether it has rules or not.
    pub(crate) fn start(&self, whole: &[u8], rva: u64) -> Option<u32> {
        let (index, bases) = self.open(whole);
        let entry = index.find(u32::try_from(rva).ok()?, &bases).ok()??;
        entry.function_address(&bases).ok().map(|start| start & !1)
    }

    pub(crate) fn rules_at<'s>(&self, code: StoredCode<'s>, rva: u64) -> Option<Rules<'s>> {
        let rva = u32::try_from(rva).ok()?;
        let (index, bases) = self.open(code.whole);
        let table = ExTab::new(self.table.map_or(&[][..], |table| table.bytes(code.whole)), LittleEndian);
        let entry = index.find(rva, &bases).ok()??;
        let start = entry.function_address(&bases).ok()? & !1;
        let instructions = match entry.resolve(&table, &bases).ok()? {
            UnwindEntry::Compact(compact) => compact.instructions().ok()?,
            UnwindEntry::Generic(generic) => generic.gnu_instructions().ok()?,
            UnwindEntry::CantUnwind => return None,
        };
        Some(Rules { code, instructions, start, rva })
    }

    /// How many entries there are.
    pub(crate) fn count(&self, whole: &[u8]) -> u64 {
        (self.index.bytes(whole).len() / 8) as u64
    }
}

impl Rules<'_> {
    pub(crate) fn apply(&self, callee: &impl UnwindState) -> Unwound {
        let read = || match code::read(&self.code, Some(self.start), self.rva, callee) {
            // In a function that the table describes, its code is no guess.
            Some(Unwound::ByCode(caller)) => Some(Unwound::Caller(caller)),
            other => other,
        };
        let by_code = if callee.is_exact() { read() } else { None };
        by_code.or_else(|| body::run(self.instructions.clone(), callee)).unwrap_or(Unwound::Failed)
    }

    pub(crate) fn size(&self) -> usize {
        // The longest program is 255 words; real ones are a dozen bytes.
        16
    }
}

/// A function without rules, whose code is read.
#[derive(Debug)]
pub struct Code<'s> {
    code: StoredCode<'s>,
    start: Option<u32>,
    rva: u32,
}

impl<'s> Code<'s> {
    /// `start` is where the entry of `.ARM.exidx` for the address begins, if there is one.
    pub(crate) fn at(code: StoredCode<'s>, start: Option<u32>, rva: u64) -> Option<Self> {
        let is_code = code.code_at(rva).is_some() && !code.is_stub(rva);
        is_code.then_some(Self { code, start, rva: u32::try_from(rva).ok()? })
    }

    pub(crate) fn apply(&self, callee: &impl UnwindState) -> Unwound {
        code::read(&self.code, self.start, self.rva, callee).unwrap_or(Unwound::Failed)
    }
}
