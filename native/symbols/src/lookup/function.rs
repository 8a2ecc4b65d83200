//! The symbol at an address.

use super::name::function_name;
use crate::breakpad::lines::line_at;
use crate::breakpad::number::low32;
use crate::breakpad::{Record, parse, quick};
use crate::index::{ModuleRecord, SymbolIndex};
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

/// A FUNC or PUBLIC record found for an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbol<'a> {
    pub(super) name: &'a [u8],
    pub(super) start: u64,
    pub(super) size: u64,
    pub(super) param_size: u32,
    pub(super) is_public: bool,
    pub(super) folded: bool,
    /// Where the record's line starts in the text, and where it ends or was cut.
    pub(super) offset: usize,
    pub(super) end: usize,
}

/// How the PUBLIC records begin with which Mozilla's `dump_syms` fills the code of a PDB that no symbol covers. They end the
/// extent of the symbol before them; they are no functions.
const UNKNOWN: &[u8] = b"<unknown in ";

impl SymbolIndex {
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
        let mut symbol = self.symbol_record(span.offset)?;
        symbol.folded |= span.flag;
        Some(symbol)
    }

    /// The address of a record without the Thumb bit that PUBLICs carry on ARM.
    #[inline]
    fn code_address(&self, address: u64, is_public: bool) -> u64 {
        let thumb = is_public && address & 1 == 1 && self.module().is_some_and(ModuleRecord::is_arm);
        address & !u64::from(thumb)
    }

    /// The record at an offset of the text; `None` if it is neither FUNC nor PUBLIC, or names no function.
    #[inline]
    pub(super) fn symbol_record(&self, offset: u64) -> Option<Symbol<'_>> {
        self.any_symbol_record(offset).filter(|symbol| !(symbol.is_public && symbol.name.starts_with(UNKNOWN)))
    }

    #[inline]
    fn any_symbol_record(&self, offset: u64) -> Option<Symbol<'_>> {
        let line = line_at(self.text(), offset);
        let offset = usize::try_from(offset).ok()?;
        let end = offset + line.len();
        if let Some((symbol, at)) = quick::symbol(line)
            && let Some(name) = line.get(at..)
            && name.first().is_some_and(|&b| b > b' ')
            && name.last() != Some(&0)
        {
            return Some(Symbol {
                name,
                start: self.code_address(symbol.address, symbol.is_public),
                size: symbol.size,
                param_size: low32(symbol.param_size),
                is_public: symbol.is_public,
                folded: symbol.folded,
                offset,
                end,
            });
        }
        match parse(line).ok()?? {
            Record::Func(func) => Some(Symbol {
                name: func.name,
                start: func.address,
                size: func.size,
                param_size: func.param_size,
                is_public: false,
                folded: func.folded,
                offset,
                end,
            }),
            Record::Public(public) => Some(Symbol {
                name: public.name,
                start: self.code_address(public.address, true),
                size: 0,
                param_size: public.param_size,
                is_public: true,
                folded: public.folded,
                offset,
                end,
            }),
            _ => None,
        }
    }
}
