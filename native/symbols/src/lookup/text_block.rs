//! The block of a FUNC line in a text.

use super::block::{Block, Decimals, Entry, InlineEntry, LineEntry};
use super::large::LARGE;
use super::symbol::Symbol;
use crate::breakpad::lines::{MAX_LINE, after_eol, line_end};
use crate::breakpad::quick_inline::inline;
use crate::breakpad::window::WINDOW;
use crate::breakpad::{Record, parse, quick};
use crate::index::SymbolIndex;

/// The records of a FUNC's block, in the order of the file.
///
/// The block ends at the first line that is neither a line nor an INLINE record, and its INLINE
/// records come first. Otherwise the index holds the end of the block.
pub(crate) struct TextBlock<'a> {
    text: &'a [u8],
    index: &'a SymbolIndex,
    func: usize,
    pos: usize,
    tail: Option<usize>,
}

impl<'a> TextBlock<'a> {
    #[inline]
    pub(crate) fn of(index: &'a SymbolIndex, symbol: &Symbol<'_>) -> Self {
        let text = index.text();
        let is_cut = symbol.end - symbol.offset >= MAX_LINE;
        let end = if is_cut { line_end(text, symbol.end) } else { symbol.end };
        // A PUBLIC has no block.
        let (func, pos) =
            if symbol.is_public { (text.len(), text.len()) } else { (symbol.offset, after_eol(text, end)) };
        Self { text, index, func, pos, tail: None }
    }

    /// Where an unusual block ends: one that continues after a line of another record, or that has INLINE records after line
    /// records.
    fn tail(&mut self) -> usize {
        *self.tail.get_or_insert_with(|| {
            let tail = self.index.tail(self.func as u64).unwrap_or(0);
            usize::try_from(tail).unwrap_or(0)
        })
    }
}

impl<'a> Block<'a> for TextBlock<'a> {
    #[inline]
    fn is_large(&self) -> bool {
        self.pos - self.func > LARGE
    }

    fn goes_on(&mut self) -> bool {
        self.pos < self.tail()
    }
}

impl<'a> Iterator for TextBlock<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let rest = self.text.get(self.pos..).filter(|rest| !rest.is_empty())?;
            if let Some(line) = rest.first_chunk::<WINDOW>().and_then(quick::line) {
                self.pos = after_eol(self.text, self.pos + line.len);
                let decimals = Decimals::Text(rest.get(line.decimals..).unwrap_or_default());
                return Some(Entry::Line(LineEntry { address: line.address, size: line.size, decimals }));
            }
            if let Some(inline) = inline(rest) {
                self.pos = after_eol(self.text, self.pos + inline.len);
                return Some(Entry::Inline(InlineEntry::Quick(inline)));
            }
            // The usual end of a block, found without parsing the line.
            if rest.starts_with(b"FUNC ") || rest.starts_with(b"PUBLIC ") {
                return None;
            }
            let end = line_end(rest, 0);
            let record = parse(rest.get(..end).unwrap_or_default());
            let next = after_eol(self.text, self.pos + end);
            match record {
                Ok(Some(Record::Line(line))) => {
                    self.pos = next;
                    let decimals = Decimals::Read(line.line, line.file);
                    return Some(Entry::Line(LineEntry { address: line.address, size: line.size, decimals }));
                }
                Ok(Some(Record::Inline(inline))) => {
                    self.pos = next;
                    return Some(Entry::Inline(InlineEntry::Parsed(inline)));
                }
                _ if self.goes_on() => self.pos = next,
                _ => return None,
            }
        }
    }
}
