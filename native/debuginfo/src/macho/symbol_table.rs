//! Symbols of functions.

use object::LittleEndian;
use object::macho::SymtabCommand;
use object::read::macho::{MachHeader, Nlist as _};

use super::debug_map::strings;
use crate::image::{Symbol, is_blank, reach_to_next};
use crate::limits;

/// The symbols that name code, sorted, one for each address, and how many names were cut. `sections` are all sections in the
/// order of the file, as (first address, address after the last, whether it is code).
pub(super) fn functions<'d, Mach: MachHeader<Endian = LittleEndian>>(
    command: &SymtabCommand<LittleEndian>,
    slice: &'d [u8],
    sections: &[(u64, u64, bool)],
    base: u64,
) -> Option<(Vec<Symbol<'d>>, u64)> {
    let table = command.symbols::<Mach, _>(LittleEndian, slice).ok()?;
    let strings = strings(command, slice)?;
    let mut found: Vec<(Symbol<'d>, u8)> = Vec::new();
    let mut cut = 0;
    for entry in table.iter().filter(|entry| entry.is_definition()) {
        let section = usize::from(entry.n_sect()).checked_sub(1).and_then(|index| sections.get(index));
        let address: u64 = entry.n_value(LittleEndian).into();
        // The header of the image has a symbol in the first section, but precedes it.
        let Some(&(start, end, true)) = section else { continue };
        if address < start || address >= end {
            continue;
        }
        let Some(address) = address.checked_sub(base) else { continue };
        let Ok(offset) = usize::try_from(entry.n_strx(LittleEndian)) else { continue };
        let Some(name) = strings.at(offset) else { continue };
        let whole = name;
        let name = whole.get(..limits::NAME).unwrap_or(whole);
        if is_blank(plain(name)) {
            continue;
        }
        cut += u64::from(name.len() < whole.len());
        found.push((
            Symbol { address, end: address, is_sized: false, name: plain(name) },
            rank(name, entry.n_type().is_ext()),
        ));
    }
    found.sort_by_key(|(symbol, rank)| (symbol.address, *rank));
    found.dedup_by_key(|(symbol, _)| symbol.address);
    let mut symbols: Vec<_> = found.into_iter().map(|(symbol, _)| symbol).collect();
    reach_to_next(&mut symbols);
    Some((symbols, cut))
}

/// Without the underscore that the format puts before the names of C. Those of Objective-C methods have none.
pub(super) fn plain(name: &[u8]) -> &[u8] {
    match name {
        [b'_', rest @ ..] if !rest.is_empty() => rest,
        _ => name,
    }
}

/// Of several symbols at an address the least is used: names that others may call, before names of the compiler's own.
fn rank(name: &[u8], external: bool) -> u8 {
    let made_up = name.starts_with(b"ltmp") || name.starts_with(b"L") || name.starts_with(b"l_");
    u8::from(made_up) * 2 + u8::from(!external)
}
