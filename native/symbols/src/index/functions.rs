//! FUNC and PUBLIC records, packed.

use super::counts::Counts;
use crate::breakpad::{Func, Inline, Line, Public, Record, length, write};
use crate::packed::BlockWriter;

/// FUNC and PUBLIC records with their lines and inlined calls, for an [`IndexBuilder`](super::IndexBuilder).
///
/// Several are filled at the same time, by several threads.
#[derive(Debug, Default)]
pub struct Functions {
    pub(super) packed: Vec<u8>,
    pub(super) symbols: Vec<PackedSymbol>,
    pub(super) counts: Counts,
    block: BlockWriter,
    /// Whether a block is open: a function was added and may get more lines.
    is_open: bool,
    text_bytes: u64,
    /// All of this before the last function.
    before: Before,
}

/// Where a FUNC or PUBLIC record is.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedSymbol {
    /// Offset of its line.
    pub(super) at: usize,
    pub(super) address: u64,
    /// `None`: a PUBLIC.
    pub(super) size: Option<u64>,
    /// It has no name.
    pub(super) is_unnamed: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Before {
    packed: usize,
    symbols: usize,
    counts: Counts,
    text_bytes: u64,
}

impl Functions {
    /// No functions yet, which will have about so many bytes as text.
    #[must_use]
    pub fn expecting(text_bytes: usize) -> Self {
        // Lines and calls take a fourth of their text, names as much as in it.
        Self { packed: Vec::with_capacity(text_bytes / 3), ..Self::default() }
    }

    /// Begin a function.
    pub fn function(&mut self, func: &Func<'_>) {
        self.end_block();
        self.before = Before {
            packed: self.packed.len(),
            symbols: self.symbols.len(),
            counts: self.counts,
            text_bytes: self.text_bytes,
        };
        self.symbol(&Record::Func(*func), func.address, Some(func.size), func.name);
        self.block.begin(func.address);
        self.is_open = true;
    }

    /// Add a call inlined into the function. They come before its lines.
    pub fn inline(&mut self, inline: &Inline<'_>) {
        self.counts.inlines += 1;
        self.text_bytes += length(&Record::Inline(*inline)) as u64;
        self.block.inline(inline, &mut self.packed);
    }

    /// Add a line of the function.
    #[inline]
    pub fn line(&mut self, line: &Line) {
        self.counts.lines += 1;
        self.text_bytes += length(&Record::Line(*line)) as u64;
        self.block.line(line, &mut self.packed);
    }

    /// Add a public symbol.
    pub fn public(&mut self, public: &Public<'_>) {
        self.end_block();
        self.symbol(&Record::Public(*public), public.address, None, public.name);
    }

    /// Forget the last function with its lines and inlined calls. Nothing was added after them.
    pub fn forget_function(&mut self) {
        self.packed.truncate(self.before.packed);
        self.symbols.truncate(self.before.symbols);
        (self.counts, self.text_bytes) = (self.before.counts, self.before.text_bytes);
        self.is_open = false;
    }

    /// How many bytes the records have as text.
    #[must_use]
    pub const fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    pub(super) fn end_block(&mut self) {
        if std::mem::take(&mut self.is_open) {
            self.block.finish(&mut self.packed);
        }
    }

    fn symbol(&mut self, record: &Record<'_>, address: u64, size: Option<u64>, name: &[u8]) {
        let at = self.packed.len();
        write(record, &mut self.packed);
        self.text_bytes += (self.packed.len() - at) as u64;
        let is_unnamed = name.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        self.symbols.push(PackedSymbol { at, address, size, is_unnamed });
    }
}
