//! The block of a FUNC line in an index without a text.

use super::block::{Block, Decimals, Entry, InlineEntry, LineEntry};
use super::large::LARGE;
use super::symbol::Symbol;
use crate::breakpad::lines::{after_eol, line_end};
use crate::index::SymbolIndex;
use crate::packed::{self, PackedEntry};

/// The records of a packed block.
pub(super) struct PackedBlock<'a>(packed::PackedBlock<'a>);

impl<'a> PackedBlock<'a> {
    #[inline]
    pub(super) fn of(index: &'a SymbolIndex, symbol: &Symbol<'_>) -> Self {
        let records = index.text();
        // A PUBLIC has no block.
        let bytes =
            if symbol.is_public { None } else { records.get(after_eol(records, line_end(records, symbol.end))..) };
        Self(packed::PackedBlock::new(bytes.unwrap_or_default(), symbol.start))
    }
}

impl<'a> Block<'a> for PackedBlock<'a> {
    #[inline]
    fn is_large(&self) -> bool {
        self.0.used() > LARGE
    }

    /// Inlined calls always come before lines.
    fn goes_on(&mut self) -> bool {
        false
    }
}

impl<'a> Iterator for PackedBlock<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        Some(match self.0.next()? {
            PackedEntry::Inline(inline) => Entry::Inline(InlineEntry::Packed(inline)),
            PackedEntry::Line(line) => Entry::Line(LineEntry {
                address: line.address,
                size: line.size,
                decimals: Decimals::Read(line.line, line.file),
            }),
        })
    }
}
