//! The lines after a FUNC line: its INLINE and line records.

use super::large::LARGE;
use super::symbol::Symbol;
use crate::breakpad::lines::{MAX_LINE, after_eol, line_end};
use crate::breakpad::quick_inline::{QuickInline, inline};
use crate::breakpad::window::WINDOW;
use crate::breakpad::{Inline, Record, parse, quick};
use crate::index::SymbolIndex;

/// A record of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry<'a> {
    Line(LineEntry<'a>),
    Inline(InlineEntry<'a>),
}

/// An INLINE record whose numbers are read when wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum InlineEntry<'a> {
    Quick(QuickInline<'a>),
    Parsed(Inline<'a>),
}

impl InlineEntry<'_> {
    /// Call `found` with each (address, size) until it returns `false`.
    #[inline]
    pub(crate) fn each_range(&self, mut found: impl FnMut(u64, u64) -> bool) {
        match self {
            Self::Quick(inline) => inline.ranges().all(|(address, size)| found(address, size)),
            Self::Parsed(inline) => inline.ranges.iter().all(|(address, size)| found(address, size)),
        };
    }
}

/// A line record whose decimal fields are read when wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineEntry<'a> {
    pub(crate) address: u64,
    pub(crate) size: u64,
    decimals: Decimals<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Decimals<'a> {
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

/// The records of a FUNC's block, in the order of the file.
///
/// The block ends at the first line that is neither a line nor an INLINE record, and its INLINE
/// records come first. Where that is not so the index says where the block ends.
pub(crate) struct Block<'a> {
    text: &'a [u8],
    index: &'a SymbolIndex,
    func: usize,
    pos: usize,
    tail: Option<usize>,
}

impl<'a> Block<'a> {
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

    /// Whether so much was read that the block is a large one.
    #[inline]
    pub(super) const fn is_large(&self) -> bool {
        self.pos - self.func > LARGE
    }

    /// Whether the block is odd and goes on: past a line that is not its own, or with INLINE records
    /// after line records.
    pub(super) fn goes_on(&mut self) -> bool {
        let tail = *self.tail.get_or_insert_with(|| {
            let tail = self.index.tail(self.func as u64).unwrap_or(0);
            usize::try_from(tail).unwrap_or(0)
        });
        self.pos < tail
    }
}

impl<'a> Iterator for Block<'a> {
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
            // The usual end of a block, without a look at the whole line.
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
