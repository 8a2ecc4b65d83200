//! From records to an index, without a text.

use super::build::{build_packed_apart, build_packed_into};
use super::counts::Counts;
use super::diagnostics::Kind;
use super::error::Unfinished;
use super::format::Stamp;
use super::functions::{Functions, PackedSymbol};
use super::scan::Scan;
use super::symbol_index::SymbolIndex;
use crate::breakpad::{File, Info, InlineOrigin, Module, Record, Win, write};
use std::io::{Cursor, Seek, Write};

/// Makes an index from records.
///
/// Look-ups in it give the results of the index of the text that has the same records in the same order.
/// FILE and INLINE_ORIGIN ids and names are treated as in text: the first of an id counts, and bytes that would end a
/// line become `_`.
#[derive(Debug, Default)]
pub struct IndexBuilder {
    found: Scan,
    packed: Vec<u8>,
}

impl IndexBuilder {
    /// Set the module.
    pub fn module(&mut self, module: &Module<'_>) {
        self.about(&Record::Module(*module));
    }

    /// Add an INFO record about the module.
    pub fn info(&mut self, info: &Info<'_>) {
        self.about(&Record::Info(*info));
    }

    /// Add the path of a source file.
    pub fn file(&mut self, file: &File<'_>) {
        if let Some(at) = self.named(&Record::File(*file), file.name) {
            self.found.counts.files += 1;
            self.found.files.push((file.id, at));
        }
    }

    /// Add the name of inlined functions.
    pub fn origin(&mut self, origin: &InlineOrigin<'_>) {
        if let Some(at) = self.named(&Record::InlineOrigin(*origin), origin.name) {
            self.found.counts.origins += 1;
            self.found.origins.push((origin.id, at));
        }
    }

    /// Add an unwind rule of x86.
    pub fn win(&mut self, win: &Win<'_>) {
        let at = self.packed.len() as u64;
        write(&Record::Win(*win), &mut self.packed);
        if let Some(kind) = self.found.add_win(at, win) {
            self.found.diagnostics.add(kind, 0);
        }
    }

    /// Add functions and public symbols.
    pub fn append(&mut self, mut functions: Functions) {
        functions.end_block();
        let base = self.packed.len();
        self.packed.extend_from_slice(&functions.packed);
        self.found.counts.lines += functions.counts.lines;
        self.found.counts.inlines += functions.counts.inlines;
        for symbol in functions.symbols {
            self.symbol(symbol, (base + symbol.at) as u64);
        }
    }

    /// How many records of each kind there are so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.found.counts
    }

    /// The index, in memory.
    #[must_use]
    pub fn finish(self) -> SymbolIndex {
        let index = build_packed_apart(self.found, &self.packed, &mut || true).unwrap_or_default();
        SymbolIndex::apart(self.packed, index)
    }

    /// [`Self::finish`], as long as `proceed` returns true: it is asked between steps that take long. `None`: it returned false.
    pub fn finish_while(self, proceed: &mut dyn FnMut() -> bool) -> Option<SymbolIndex> {
        let index = build_packed_apart(self.found, &self.packed, proceed)?;
        Some(SymbolIndex::apart(self.packed, index))
    }

    /// The bytes of the index, as [`SymbolIndex::open_packed`] reads them.
    #[must_use]
    pub fn bytes(self, source: Stamp) -> Vec<u8> {
        // Writing to memory does not fail.
        self.write_to(source, Cursor::new(Vec::new()), &mut || true).map(Cursor::into_inner).unwrap_or_default()
    }

    /// Write the index.
    pub(super) fn write_to<W: Write + Seek>(
        self,
        source: Stamp,
        to: W,
        proceed: &mut dyn FnMut() -> bool,
    ) -> Result<W, Unfinished> {
        build_packed_into(self.found, &self.packed, source, to, proceed)
    }

    fn symbol(&mut self, symbol: PackedSymbol, at: u64) {
        let PackedSymbol { address, size, is_unnamed, .. } = symbol;
        let (unusual, unnamed) = match size {
            Some(size) => (self.found.add_function(at, address, size), Kind::FuncUnnamed),
            None => (self.found.add_public(at, address), Kind::PublicUnnamed),
        };
        for kind in unusual.into_iter().chain(is_unnamed.then_some(unnamed)) {
            self.found.diagnostics.add(kind, 0);
        }
    }

    fn about(&mut self, record: &Record<'_>) {
        let at = self.packed.len() as u64;
        write(record, &mut self.packed);
        if let Some(kind) = self.found.add_about(at, record) {
            self.found.diagnostics.add(kind, 0);
        }
    }

    /// Write a record that needs a name; `None` if it has none.
    fn named(&mut self, record: &Record<'_>, name: &[u8]) -> Option<u64> {
        if name.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            self.found.diagnostics.add(Kind::EmptyName, 0);
            return None;
        }
        let at = self.packed.len() as u64;
        write(record, &mut self.packed);
        Some(at)
    }
}
