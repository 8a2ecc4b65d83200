//! The symbol at an address.

use super::symbol::Symbol;
use super::symbol_map::SymbolMap;
use crate::breakpad::name::function_name;
use std::borrow::Cow;

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

    #[inline]
    pub(super) fn symbol_at(&self, rva: u64) -> Option<Symbol<'_>> {
        let span = self.find_symbol(rva)?;
        let mut symbol = Symbol::read(&self.index, span.offset)?;
        symbol.folded |= span.flag;
        Some(symbol)
    }
}
