//! The symbol at an address.

use super::symbol::Symbol;
use super::symbol_map::SymbolMap;
use crate::breakpad::name::function_name;
use std::borrow::Cow;
use std::ops::Range;

/// The symbol that covers an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function<'a> {
    /// The name as written in the file; bytes that are not UTF-8 are replaced. `<name omitted>` if
    /// the record has none.
    pub name: Cow<'a, str>,
    /// First address, relative to the module's base.
    pub start: u64,
    /// Length in bytes; 0 if the record does not say (PUBLIC, or FUNC with size 0).
    pub size: u64,
    /// Bytes of parameters on the stack, as the record says (x86).
    pub param_size: u32,
    /// From a PUBLIC record.
    pub is_public: bool,
    /// Several symbols share this address (`m`, or a second record with another name).
    pub folded: bool,
}

/// The result of a search for the symbol that covers an address, to be used again for others near it.
#[derive(Clone, Debug)]
pub struct Searched {
    /// Addresses of which the same is true, relative to the module's base.
    pub addresses: Range<u64>,
    /// The symbol.
    pub found: Option<FoundFunction>,
}

/// A function or public symbol whose name was not read yet: see [`SymbolMap::name_of`].
#[derive(Clone, Copy, Debug)]
pub struct FoundFunction {
    /// First address, relative to the module's base.
    pub start: u64,
    /// Bytes of parameters on the stack, if the record states them.
    pub param_size: u32,
    /// Where the name is in the text: its offset and its bytes.
    name: (usize, usize),
}

impl SymbolMap {
    /// The function or public symbol that covers an address.
    #[must_use]
    pub fn function_at(&self, rva: u64) -> Option<Function<'_>> {
        let symbol = self.symbol_at(rva)?;
        Some(Function {
            name: function_name(symbol.name),
            start: symbol.start,
            size: symbol.size,
            param_size: symbol.param_size,
            is_public: symbol.is_public,
            folded: symbol.folded,
        })
    }

    /// Search for the symbol that covers an address.
    #[must_use]
    pub fn search(&self, rva: u64) -> Searched {
        let (span, addresses) = self.find_symbol_with_extent(rva);
        let found = span.and_then(|span| {
            let symbol = Symbol::read(&self.index, span.offset)?;
            let at = (symbol.name.as_ptr() as usize).saturating_sub(self.index.text().as_ptr() as usize);
            let name = (at, symbol.name.len());
            Some(FoundFunction { start: symbol.start, param_size: symbol.param_size, name })
        });
        Searched { addresses, found }
    }

    /// The name of a function that a search of this map found.
    #[must_use]
    pub fn name_of(&self, found: &FoundFunction) -> Cow<'_, str> {
        let (at, length) = found.name;
        function_name(self.index.text().get(at..at.saturating_add(length)).unwrap_or_default())
    }

    #[inline]
    pub(super) fn symbol_at(&self, rva: u64) -> Option<Symbol<'_>> {
        let span = self.find_symbol(rva)?;
        let mut symbol = Symbol::read(&self.index, span.offset)?;
        symbol.folded |= span.flag;
        Some(symbol)
    }
}
