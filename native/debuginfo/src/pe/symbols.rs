//! Names of functions: the COFF symbol table that MinGW and Go leave in an image, and the export table.

use super::headers::{EXPORTS, Headers, SYMBOL};
use crate::coff::undecorated;
use crate::fields::Fields;
use crate::image::{Symbol, is_blank, reach_to_next};
use crate::limits;
use crate::strings::Strings;

/// Storage classes of symbols that are defined: for others to use, and in one file alone.
const EXTERNAL: u8 = 2;
const STATIC: u8 = 3;
/// The processor whose C names are decorated.
const X86: u16 = 0x14c;
/// The type of functions.
const FUNCTION: u16 = 0x20;

/// Symbols by address, one for each, and how many names were cut.
pub(super) type Symbols<'d> = (Vec<Symbol<'d>>, u64);

/// The symbols of functions in the COFF symbol table.
pub(super) fn table<'d>(headers: &Headers<'d>) -> Symbols<'d> {
    let mut found = Vec::new();
    // Entries of 18 bytes; some of them belong to the symbol before.
    let mut more = 0;
    for entry in headers.symbols.chunks_exact(SYMBOL) {
        if more > 0 {
            more -= 1;
            continue;
        }
        let fields = Fields(entry);
        more = fields.u8(17).unwrap_or(0);
        if let Some(symbol) = symbol(headers, fields, entry.get(..8).unwrap_or_default()) {
            found.push(symbol);
        }
    }
    distinct(found)
}

/// `name` in 8 bytes, `value` in 4, `section, type` in 2 each, `class, number of further entries` in 1.
fn symbol<'d>(headers: &Headers<'d>, entry: Fields<'d>, name: &'d [u8]) -> Option<(Symbol<'d>, u8)> {
    let (kind, class) = (entry.u16(14)?, entry.u8(16)?);
    let rank = match (kind, class) {
        (FUNCTION, EXTERNAL) => 0,
        (FUNCTION, STATIC) => 1,
        // Assemblers write functions without a type.
        (_, EXTERNAL) => 2,
        _ => return None,
    };
    let section =
        headers.sections.get(usize::from(entry.u16(12)?).checked_sub(1)?).filter(|section| section.is_code)?;
    let offset = entry.u32(8).filter(|&offset| offset < section.size)?;
    let address = u64::from(section.address) + u64::from(offset);
    // A long name is among the strings.
    let name = match Fields(name).u32(0)? {
        0 => headers.strings.at(Fields(name).size(4)?)?,
        _ => Fields(name).text(0)?,
    };
    let name = if headers.machine == X86 { undecorated(name).0 } else { name };
    (!name.starts_with(b".")).then_some((Symbol { address, end: address, is_sized: false, name }, rank))
}

/// Bytes of the export directory.
const DIRECTORY: usize = 40;

/// The exported functions. Names that lead to another module's are left out.
pub(super) fn exports<'d>(headers: &Headers<'d>) -> Symbols<'d> {
    exported(headers).unwrap_or_default()
}

fn exported<'d>(headers: &Headers<'d>) -> Option<Symbols<'d>> {
    let (start, size) = headers.directory(EXPORTS)?;
    let directory = Fields(headers.at(start)?.get(..DIRECTORY)?);
    // Lists: addresses of functions, addresses of names, and for each name the index of its function.
    let list = |count: usize, bytes: usize, address| {
        let list = headers.at(address)?;
        Some(Fields(list.get(..count.checked_mul(bytes)?).unwrap_or(list)))
    };
    let (functions, names) = (directory.size(20)?, directory.size(24)?);
    let addresses = list(functions, 4, directory.u32(28)?)?;
    let indices = list(names, 2, directory.u32(36)?)?;
    let names = list(names, 4, directory.u32(32)?)?;
    // The names are in one section, with the directory.
    let section = headers.sections.iter().find(|section| {
        start.checked_sub(section.address).is_some_and(|inside| inside < section.size) && section.data.is_some()
    })?;
    let strings = Strings::new(section.data?);
    let mut found = Vec::new();
    for (at, name) in names.0.as_chunks::<4>().0.iter().enumerate() {
        let Some(index) = indices.u16(at * 2) else { break };
        let Some(address) = addresses.u32(usize::from(index) * 4) else { continue };
        let is_forwarded = address.checked_sub(start).is_some_and(|inside| inside < size);
        let name = u32::from_le_bytes(*name).checked_sub(section.address);
        let name = name.and_then(|name| strings.at(usize::try_from(name).ok()?));
        if let Some(name) = name.filter(|_| !is_forwarded && headers.is_code(address)) {
            let address = u64::from(address);
            found.push((Symbol { address, end: address, is_sized: false, name }, 0));
        }
    }
    Some(distinct(found))
}

/// The symbols with a name, by address; of several at one the least rank, then the first.
fn distinct(mut found: Vec<(Symbol<'_>, u8)>) -> Symbols<'_> {
    let mut cut = 0;
    found.retain_mut(|(symbol, _)| {
        if let Some(start) = symbol.name.get(..limits::NAME) {
            cut += u64::from(start.len() < symbol.name.len());
            symbol.name = start;
        }
        !is_blank(symbol.name)
    });
    found.sort_by_key(|(symbol, rank)| (symbol.address, *rank));
    found.dedup_by_key(|(symbol, _)| symbol.address);
    let mut symbols: Vec<_> = found.into_iter().map(|(symbol, _)| symbol).collect();
    reach_to_next(&mut symbols);
    (symbols, cut)
}
