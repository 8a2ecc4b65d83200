//! A module's symbols, ready for look-ups.

use super::large::Large;
use super::large::block::LargeBlock;
use super::large::rules::LargeRules;
use crate::index::samples::Samples;
use crate::index::table::Span;
use crate::index::{Content, Counts, Diagnostic, Error, ModuleRecord, SymbolIndex};
use std::path::Path;

/// Symbols of one module: an index, and the caches of its look-ups.
///
/// Addresses are relative to the module's base. A map is shared by any number of threads; a result depends on the index
/// alone, never on earlier look-ups.
#[derive(Debug)]
pub struct SymbolMap {
    pub(super) index: SymbolIndex,
    /// Some boundaries of the table of symbols.
    symbols: Samples,
    /// Some boundaries of the table of unwind records.
    inits: Samples,
    pub(super) large_blocks: Large<LargeBlock>,
    pub(super) large_rules: Large<LargeRules>,
}

impl From<SymbolIndex> for SymbolMap {
    fn from(index: SymbolIndex) -> Self {
        Self {
            symbols: index.symbols().samples(),
            inits: index.inits().samples(),
            index,
            large_blocks: Large::default(),
            large_rules: Large::default(),
        }
    }
}

impl SymbolMap {
    /// Index a text in memory.
    #[must_use]
    pub fn from_text(text: Vec<u8>) -> Self {
        SymbolIndex::from_text(text).into()
    }

    /// Map a text and its index file.
    ///
    /// # Errors
    /// Those of [`SymbolIndex::open`].
    pub fn open(sym: &Path, index: &Path) -> Result<Self, Error> {
        SymbolIndex::open(sym, index).map(Self::from)
    }

    /// Map a text and its index file; build the index first if there is no usable one.
    ///
    /// # Errors
    /// Those of [`SymbolIndex::open_or_build`].
    pub fn open_or_build(sym: &Path, index: &Path) -> Result<Self, Error> {
        SymbolIndex::open_or_build(sym, index).map(Self::from)
    }

    /// The index that is looked up in.
    #[must_use]
    pub const fn index(&self) -> &SymbolIndex {
        &self.index
    }

    /// The contents of the MODULE and INFO lines; `None` without a MODULE line. Callers compare its id
    /// with that of the module they need symbols for: look-ups do not.
    #[must_use]
    pub fn module(&self) -> Option<&ModuleRecord> {
        self.index.module()
    }

    /// What was malformed or unusual in the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        self.index.diagnostics()
    }

    /// How many records of each kind the text has.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.index.counts()
    }

    /// What the text describes at best.
    #[must_use]
    pub fn content(&self) -> Content {
        self.index.content()
    }

    /// The lowest address a symbol covers and the one past the highest.
    #[must_use]
    pub fn span(&self) -> Option<(u64, u64)> {
        self.index.symbols().span()
    }

    /// The symbol that covers an address.
    #[inline]
    pub(super) fn find_symbol(&self, rva: u64) -> Option<Span> {
        self.index.symbols().find(&self.symbols, rva)
    }

    /// The STACK CFI INIT record that covers an address.
    #[inline]
    pub(super) fn find_cfi(&self, rva: u64) -> Option<Span> {
        self.index.inits().find(&self.inits, rva)
    }
}
