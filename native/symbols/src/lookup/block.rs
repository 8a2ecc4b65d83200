//! The records that belong to a function: its INLINE and line records.

use crate::breakpad::quick_inline::QuickInline;
use crate::breakpad::{Inline, quick};
use crate::packed::PackedInline;

/// The block of a function: its records, in the order of the file.
pub(crate) trait Block<'a>: Iterator<Item = Entry<'a>> {
    /// Whether so much was read that the block is a large one.
    fn is_large(&self) -> bool;

    /// Whether records may follow that usually come before those that were read.
    fn goes_on(&mut self) -> bool;
}

/// A record of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry<'a> {
    Line(LineEntry<'a>),
    Inline(InlineEntry<'a>),
}

/// An INLINE record whose numbers are read on demand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum InlineEntry<'a> {
    Quick(QuickInline<'a>),
    Parsed(Inline<'a>),
    Packed(PackedInline<'a>),
}

impl InlineEntry<'_> {
    /// Call `found` with each (address, size) until it returns `false`.
    #[inline(always)]
    pub(crate) fn each_range(&self, mut found: impl FnMut(u64, u64) -> bool) {
        match self {
            Self::Quick(inline) => inline.each_range(found),
            Self::Parsed(inline) => inline.ranges.each(found),
            Self::Packed(inline) => _ = inline.ranges().all(|(address, size)| found(address, size)),
        }
    }
}

/// A line record whose decimal fields are read on demand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineEntry<'a> {
    pub(crate) address: u64,
    pub(crate) size: u64,
    pub(super) decimals: Decimals<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Decimals<'a> {
    Text(&'a [u8]),
    Read(u32, u32),
}

impl LineEntry<'_> {
    #[inline]
    pub(super) const fn covers(&self, rva: u64) -> bool {
        rva >= self.address && rva - self.address < self.size
    }

    /// Line number and FILE id.
    #[inline]
    pub(super) fn line_and_file(&self) -> (u32, u32) {
        match self.decimals {
            Decimals::Text(text) => {
                let [line, file] = quick::decimals(text);
                (line, file)
            }
            Decimals::Read(line, file) => (line, file),
        }
    }
}
