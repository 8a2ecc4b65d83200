//! Symbols of functions, from `.symtab` and `.dynsym`.

use std::cmp::Reverse;

use object::elf;
use object::elf::{FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, Sym as _};
use object::{BigEndian, LittleEndian, Pod};
use vocabulary::ranges::{Claim, disjoint, half_open};

use super::headers::Headers;
use crate::image::{Symbol, is_blank};
use crate::limits;
use crate::strings::Strings;

/// The symbols of all tables.
#[derive(Debug, Default)]
pub(super) struct Symbols<'d> {
    /// Sorted by address, without overlaps.
    pub(super) list: Vec<Symbol<'d>>,
    /// Tables that the file ends before.
    pub(super) broken: u64,
    /// Names that were cut.
    pub(super) excess: u64,
}

/// A symbol beside others of the same address.
#[derive(Clone, Copy)]
struct Found<'d> {
    symbol: Symbol<'d>,
    /// Of several the least is used.
    rank: u8,
}

/// Read the symbols that name code, of a file and of the one within it. `code` are the sections of code, relative to
/// `base`, sorted.
pub(super) fn functions<'d>(
    headers: &Headers<'d>,
    embedded: Option<&Headers<'d>>,
    base: u64,
    code: &[(u64, u64)],
) -> Symbols<'d> {
    let mut read = Read { base, code, found: Vec::new(), broken: 0, excess: 0 };
    for headers in embedded.into_iter().chain([headers]) {
        match (headers.is_64, headers.is_little) {
            (false, true) => read.tables::<FileHeader32<LittleEndian>>(headers),
            (true, true) => read.tables::<FileHeader64<LittleEndian>>(headers),
            (false, false) => read.tables::<FileHeader32<BigEndian>>(headers),
            (true, false) => read.tables::<FileHeader64<BigEndian>>(headers),
        }
    }
    read.finish()
}

struct Read<'c, 'd> {
    base: u64,
    code: &'c [(u64, u64)],
    found: Vec<Found<'d>>,
    broken: u64,
    excess: u64,
}

impl<'d> Read<'_, 'd> {
    fn tables<Elf>(&mut self, headers: &Headers<'d>)
    where
        Elf: FileHeader,
        Elf::Endian: Default,
        Elf::Sym: Pod,
    {
        for kind in [elf::SHT_SYMTAB, elf::SHT_DYNSYM] {
            // A file has one of each; more over the same bytes would multiply the work. Debug files have the dynamic one
            // without contents.
            let table = headers.sections.iter().find(|section| section.kind == kind);
            let Some(table) = table else { continue };
            let strings = headers.sections.get(table.link as usize);
            let contents = headers.data(table).zip(strings.and_then(|strings| headers.data(strings)));
            let entries = contents.and_then(|(bytes, strings)| {
                let (entries, _) = object::slice_from_bytes(bytes, bytes.len() / size_of::<Elf::Sym>()).ok()?;
                Some((entries, Strings::new(strings)))
            });
            match entries {
                Some((entries, strings)) => self.entries::<Elf>(entries, &strings, headers.machine == elf::EM_ARM),
                None => self.broken += 1,
            }
        }
    }

    fn entries<Elf>(&mut self, entries: &[Elf::Sym], strings: &Strings<'d>, has_thumb: bool)
    where
        Elf: FileHeader,
        Elf::Endian: Default,
    {
        let endian = Elf::Endian::default();
        for entry in entries {
            let Some(rank) = rank(entry.st_type(), entry.st_bind()) else { continue };
            let mut address: u64 = entry.st_value(endian).into();
            if has_thumb && entry.st_type() == elf::STT_FUNC {
                // The lowest bit says that the code is Thumb.
                address &= !1;
            }
            let Some(address) = address.checked_sub(self.base).filter(|_| is_defined(entry.st_shndx(endian))) else {
                continue;
            };
            if !code_holds(self.code, address) {
                continue;
            }
            let name = usize::try_from(entry.st_name(endian)).ok().and_then(|at| strings.at(at));
            let Some(whole) = name else { continue };
            let name = whole.get(..limits::NAME).unwrap_or(whole);
            if is_blank(name) || is_mapping(name) {
                continue;
            }
            self.excess += u64::from(name.len() < whole.len());
            let end = address.saturating_add(entry.st_size(endian).into());
            self.found.push(Found { symbol: Symbol { address, end, is_sized: end > address, name }, rank });
        }
    }

    /// One symbol for each address, sorted: of several at one the first by rank, with the size of the first that has one.
    fn finish(mut self) -> Symbols<'d> {
        self.found.sort_by_key(|found| (found.symbol.address, found.rank));
        self.found.dedup_by(|next, first| {
            let is_same = next.symbol.address == first.symbol.address;
            if is_same && !first.symbol.is_sized {
                (first.symbol.end, first.symbol.is_sized) = (next.symbol.end, next.symbol.is_sized);
            }
            is_same
        });
        // Labels inside of a function are not functions.
        let mut limit = 0;
        self.found.retain(|found| {
            let is_label = found.rank >= LABEL && found.symbol.address < limit;
            limit = limit.max(if is_label { 0 } else { found.symbol.end });
            !is_label
        });
        let mut limit = 0;
        for at in 0..self.found.len() {
            let next = self.found.get(at + 1).map_or(u64::MAX, |next| next.symbol.address);
            let Some(Found { symbol, .. }) = self.found.get_mut(at) else { break };
            if symbol.is_sized {
                limit = limit.max(symbol.end);
            } else {
                // One within another ends with that, whatever unwind tables say.
                symbol.is_sized = symbol.address < limit;
                symbol.end = if symbol.is_sized { next.min(limit) } else { next };
            }
        }
        let list = disjoint(self.found).into_iter().map(|found| found.symbol).collect();
        Symbols { list, broken: self.broken, excess: self.excess }
    }
}

/// Of symbols that overlap, the one that begins last has an address.
impl Claim for Found<'_> {
    type Rank = Reverse<u64>;

    fn bounds(&self) -> (u64, u64) {
        half_open(self.symbol.address, self.symbol.end)
    }

    fn rank(&self) -> Reverse<u64> {
        Reverse(self.symbol.address)
    }

    fn part(&self, first: u64, last: u64) -> Self {
        let symbol = Symbol { address: first, end: last.saturating_add(1), ..self.symbol };
        Self { symbol, ..*self }
    }
}

/// Whether a symbol is in a section of the file.
fn is_defined(section: elf::SymbolSection) -> bool {
    section != elf::SHN_UNDEF && (section.0 < elf::SHN_LORESERVE || section == elf::SHN_XINDEX)
}

/// Whether an address is in a section of code.
fn code_holds(code: &[(u64, u64)], address: u64) -> bool {
    let next = code.partition_point(|&(start, _)| start <= address);
    next.checked_sub(1).and_then(|at| code.get(at)).is_some_and(|&(_, end)| address < end)
}

/// The ranks of symbols without a type begin here.
const LABEL: u8 = 4;

/// How a symbol ranks among those of its address: functions before labels, names that others may call before local ones.
/// `None`: no function. Assemblers write functions without a type; their local labels are not functions.
fn rank(kind: elf::SymbolType, binding: elf::SymbolBind) -> Option<u8> {
    let bound = match binding {
        elf::STB_GLOBAL | elf::STB_GNU_UNIQUE => 0,
        elf::STB_WEAK => 1,
        _ => 2,
    };
    match kind {
        elf::STT_FUNC | elf::STT_GNU_IFUNC => Some(bound),
        elf::STT_NOTYPE if bound < 2 => Some(LABEL + bound),
        _ => None,
    }
}

/// Whether a symbol says which instructions follow, on ARM: `$a`, `$d`, `$t`, `$x`, with a suffix after a dot.
fn is_mapping(name: &[u8]) -> bool {
    matches!(name, [b'$', b'a' | b'd' | b't' | b'x'] | [b'$', b'a' | b'd' | b't' | b'x', b'.', ..])
}
