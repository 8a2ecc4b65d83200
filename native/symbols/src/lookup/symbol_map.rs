//! A module's symbols, ready for look-ups.

use super::kept::Kept;
use super::large::Large;
use super::large::block::LargeBlock;
use super::large::rules::LargeRules;
use crate::index::samples::Samples;
use crate::index::table::Span;
use crate::index::{Content, Counts, Diagnostic, Error, ModuleRecord, SymbolIndex};
use std::ops::Range;
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
    pub(super) kept: Kept,
    pub(super) large_blocks: Large<LargeBlock>,
    pub(super) large_rules: Large<LargeRules>,
    /// `None`: the index has all symbols.
    part: Option<Part>,
}

/// What an index of a part of the symbols is good for.
#[derive(Debug)]
struct Part {
    /// The addresses that it answers for, sorted.
    addresses: Vec<u64>,
    /// What all symbols describe at best.
    content: Content,
    /// Whether any of them has inlined calls; `None` if that is not known.
    inlines: Option<bool>,
}

impl From<SymbolIndex> for SymbolMap {
    fn from(index: SymbolIndex) -> Self {
        Self {
            symbols: index.symbols().samples(),
            inits: index.inits().samples(),
            index,
            kept: Kept::default(),
            large_blocks: Large::default(),
            large_rules: Large::default(),
            part: None,
        }
    }
}

impl SymbolMap {
    /// Index a text in memory.
    #[must_use]
    pub fn from_text(text: Vec<u8>) -> Self {
        SymbolIndex::from_text(text).into()
    }

    /// An index with the symbols of some addresses alone, and all unwind rules. `content` is what the whole file has at best,
    /// `inlines` whether it has inlined calls, if that is known.
    #[must_use]
    pub fn of_part(index: SymbolIndex, mut addresses: Vec<u64>, content: Content, inlines: Option<bool>) -> Self {
        addresses.sort_unstable();
        addresses.dedup();
        Self { part: Some(Part { addresses, content, inlines }), ..index.into() }
    }

    /// Whether there are inlined calls; `None` if a part of the symbols has none, and it is not known whether others have.
    #[must_use]
    pub fn has_inlines(&self) -> Option<bool> {
        match &self.part {
            Some(part) if self.counts().inlines == 0 => part.inlines,
            _ => Some(self.counts().inlines > 0),
        }
    }

    /// Whether look-ups of an address are those of the whole file; what they give for other addresses means nothing.
    #[must_use]
    #[inline]
    pub fn is_complete_at(&self, rva: u64) -> bool {
        self.part.as_ref().is_none_or(|part| part.addresses.binary_search(&rva).is_ok())
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

    /// The same, as long as `proceed` returns true.
    ///
    /// # Errors
    /// Those of [`SymbolIndex::open_or_build_while`].
    pub fn open_or_build_while(sym: &Path, index: &Path, proceed: &mut dyn FnMut() -> bool) -> Result<Self, Error> {
        SymbolIndex::open_or_build_while(sym, index, proceed).map(Self::from)
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
        self.part.as_ref().map_or_else(|| self.index.content(), |part| part.content)
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

    /// The symbol that covers an address, and the addresses around it of which the same is true.
    pub(super) fn find_symbol_with_extent(&self, rva: u64) -> (Option<Span>, Range<u64>) {
        self.index.symbols().find_with_extent(&self.symbols, rva)
    }

    /// The STACK CFI INIT record that covers an address.
    #[inline]
    pub(super) fn find_cfi(&self, rva: u64) -> Option<Span> {
        self.index.inits().find(&self.inits, rva)
    }
}
