//! Where functions begin and end, as far as unwind tables say.
//!
//! A symbol without a size reaches to the next symbol at most. Functions without a symbol lie between: static ones of a stripped
//! file, and those that a library does not export. Tables that frames are unwound by have them, too.

use symbols::index::Stamp;
use vocabulary::Arch;

use crate::builder::Builder;
use crate::compact::Index;
use crate::format::Section;
use crate::kind::Kind;
use crate::pdata;
use crate::tables::Tables;

/// Ranges of code, sorted and apart, as (first address, address after the last), relative to the image's base: each is of one
/// function, or of a part of one that lies elsewhere. Parts that follow each other are one range.
#[must_use]
pub fn functions(builder: &Builder<'_>) -> Vec<(u64, u64)> {
    let mut builder = builder.clone();
    // They may be most of the bytes, and no table leads to them.
    builder.retain(|kind| !matches!(kind, Kind::Code | Kind::Stubs));
    let Ok(tables) = builder.open(Stamp::default()) else { return Vec::new() };
    let mut found = Found::default();
    for section in tables.sections() {
        found.table(&tables, section);
    }
    found.finish()
}

/// The end of the function that an address is in: of its range, or where the next range begins if it is in none.
#[must_use]
pub fn end_of(functions: &[(u64, u64)], address: u64) -> u64 {
    let next = functions.partition_point(|range| range.0 <= address);
    let own = next.checked_sub(1).and_then(|at| functions.get(at)).filter(|range| address < range.1);
    own.map_or_else(|| functions.get(next).map_or(u64::MAX, |range| range.0), |range| range.1)
}

/// Ranges with the address that the function begins at, which is another one for parts.
#[derive(Default)]
struct Found(Vec<(u64, u64, u64)>);

impl Found {
    fn table(&mut self, tables: &Tables, section: &Section) {
        let bytes = section.bytes(tables.whole());
        let mut whole = |begin: u64, end: u64| self.0.push((begin, end, begin));
        match (section.kind, tables.arch()) {
            (Kind::Pdata, Arch::Amd64) => {
                for function in pdata::x64::Functions::new(bytes).iter() {
                    let first = pdata::x64::whole(tables, function).unwrap_or(function).begin;
                    self.0.push((function.begin.into(), function.end.into(), first.into()));
                }
            }
            (Kind::Pdata, Arch::Arm64) => {
                for function in pdata::arm64::Functions::new(bytes).iter() {
                    let begin = u64::from(function.begin);
                    if let Some(length) = pdata::arm64::length(tables, function) {
                        whole(begin, begin + u64::from(length) * 4);
                    }
                }
            }
            (Kind::EhFrame | Kind::DebugFrame, _) => {
                let table = tables.dwarf(section).into_iter();
                for entry in table.flat_map(|table| table.entries(tables.whole())) {
                    // Those of functions that the linker left out are at the beginning of the image.
                    if entry.begin() > 0 {
                        whole(entry.begin(), entry.end());
                    }
                }
            }
            (Kind::Exidx, _) => {
                let table = tables.exidx().into_iter();
                table.flat_map(|table| table.functions(tables.whole())).for_each(|(begin, end)| whole(begin, end));
            }
            // The linker joins entries of functions that follow each other. The list of functions has them all.
            (Kind::UnwindInfo, _) if !tables.sections().iter().any(|section| section.kind == Kind::FunctionStarts) => {
                let index = Index::new(bytes).into_iter();
                index.flat_map(|index| index.iter()).for_each(|part| whole(part.begin.into(), part.end.into()));
            }
            // On 32-bit ARM they are the symbols themselves.
            (Kind::FunctionStarts, arch) if arch != Arch::Arm => {
                let starts = tables.function_starts();
                let ends = starts.iter().skip(1).map(|start| u64::from(start.get())).chain([u64::MAX]);
                starts.iter().zip(ends).for_each(|(start, end)| whole(start.get().into(), end));
            }
            _ => {}
        }
    }

    fn finish(mut self) -> Vec<(u64, u64)> {
        self.0.sort_unstable();
        let mut ranges: Vec<(u64, u64)> = Vec::with_capacity(self.0.len());
        let mut owner = None;
        for (begin, end, first) in self.0 {
            let limit = ranges.last().map_or(0, |range| range.1);
            let begin = begin.max(limit);
            if begin >= end {
                continue;
            }
            match ranges.last_mut() {
                Some(last) if last.1 == begin && owner == Some(first) => last.1 = end,
                _ => ranges.push((begin, end)),
            }
            owner = Some(first);
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, end_of};

    #[test]
    fn parts_that_follow_their_function_belong_to_it() {
        let parts =
            [(0x10, 0x20, 0x10), (0x20, 0x30, 0x10), (0x30, 0x38, 0x30), (0x38, 0x40, 0x10), (0x50, 0x60, 0x50)];
        let ranges = Found(parts.to_vec()).finish();
        assert_eq!(ranges, [(0x10, 0x30), (0x30, 0x38), (0x38, 0x40), (0x50, 0x60)]);
    }

    #[test]
    fn several_tables_may_describe_a_function() {
        let ranges =
            Found(vec![(0x10, 0x20, 0x10), (0x10, 0x20, 0x10), (0x18, 0x30, 0x18), (0x40, 0x40, 0x40)]).finish();
        assert_eq!(ranges, [(0x10, 0x20), (0x20, 0x30)]);
    }

    #[test]
    fn a_symbol_ends_with_its_range_or_before_the_next() {
        let ranges = [(0x10, 0x20), (0x30, 0x40)];
        let ends = [0x0, 0x10, 0x1f, 0x20, 0x30, 0x40].map(|address| end_of(&ranges, address));
        assert_eq!(ends, [0x10, 0x20, 0x20, 0x30, 0x40, u64::MAX]);
    }
}
