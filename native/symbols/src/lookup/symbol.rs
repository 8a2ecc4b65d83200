//! A FUNC or PUBLIC record of the text.

use crate::breakpad::lines::line_at;
use crate::breakpad::number::low32;
use crate::breakpad::{Record, parse, quick};
use crate::index::{ModuleRecord, SymbolIndex};

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

/// The start of the names of PUBLIC records that Mozilla's `dump_syms` writes for code of a PDB that no symbol covers. They
/// end the extent of the symbol before them, but are not functions.
const UNKNOWN: &[u8] = b"<unknown in ";

impl<'a> Symbol<'a> {
    /// The record at an offset of the text; `None` if it is neither FUNC nor PUBLIC, or does not name a function.
    #[inline]
    pub(super) fn read(index: &'a SymbolIndex, offset: u64) -> Option<Self> {
        Self::read_any(index, offset).filter(|symbol| !(symbol.is_public && symbol.name.starts_with(UNKNOWN)))
    }

    #[inline]
    fn read_any(index: &'a SymbolIndex, offset: u64) -> Option<Self> {
        let line = line_at(index.text(), offset);
        let offset = usize::try_from(offset).ok()?;
        let end = offset + line.len();
        if let Some((symbol, at)) = quick::symbol(line)
            && let Some(name) = line.get(at..)
            && name.first().is_some_and(|&b| b > b' ')
            && name.last() != Some(&0)
        {
            return Some(Self {
                name,
                start: code_address(index, symbol.address, symbol.is_public),
                size: symbol.size,
                param_size: low32(symbol.param_size),
                is_public: symbol.is_public,
                folded: symbol.folded,
                offset,
                end,
            });
        }
        match parse(line).ok()?? {
            Record::Func(func) => Some(Self {
                name: func.name,
                start: func.address,
                size: func.size,
                param_size: func.param_size,
                is_public: false,
                folded: func.folded,
                offset,
                end,
            }),
            Record::Public(public) => Some(Self {
                name: public.name,
                start: code_address(index, public.address, true),
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

/// The address of a record without the Thumb bit that PUBLICs carry on ARM.
#[inline]
fn code_address(index: &SymbolIndex, address: u64, is_public: bool) -> u64 {
    let thumb = is_public && address & 1 == 1 && index.module().is_some_and(ModuleRecord::is_arm);
    address & !u64::from(thumb)
}
