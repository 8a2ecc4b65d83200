//! Object files as parts of an image: their debug information, and where the linker put their functions.
//!
//! An object file has no id. It is used if each function that the debug map says to be of it is in it, with the size that the
//! linker saw. Addresses in its debug information are those of the object file, where its functions lie in another order and
//! in other places than in the image.

use std::collections::HashMap;

use object::LittleEndian;
use object::macho;
use object::read::macho::{LoadCommandVariant, MachHeader, Nlist as _};

use super::archive;
use super::debug_map::{Entry, strings};
use super::sections::Sections;
use super::symbol_table::plain;
use crate::companions::{Companion, Companions};
use crate::image::{Image, Placed, Symbol};
use crate::limits::{self, Budget};

/// Padding after a function that the linker may have left out of its size.
const PADDING: u64 = 64;

/// The object files of an image.
#[derive(Debug, Default)]
pub(super) struct Objects<'d> {
    pub(super) list: Vec<Image<'d>>,
    /// How many are not there, or are not those that were linked.
    pub(super) missing: u64,
    /// How many were left out because the same files are named again and again.
    pub(super) excess: u64,
}

/// Those of the object files of a debug map that were found. `base` is the image's.
pub(super) fn objects<'d, Mach: MachHeader<Endian = LittleEndian>>(
    cpu: macho::CpuType,
    entries: &[Entry<'d>],
    companions: &Companions<'d>,
    base: u64,
    budget: &mut Budget,
) -> Objects<'d> {
    let mut objects = Objects::default();
    let found: HashMap<&Companion, &'d [u8]> = companions.iter().collect();
    let mut archives: HashMap<*const u8, HashMap<&'d [u8], &'d [u8]>> = HashMap::new();
    // Each file belongs to one entry. Others of its name are looked at, but not without end.
    let mut used: HashMap<*const u8, ()> = HashMap::new();
    let files: u64 = companions.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let mut unread = Budget::new(limits::objects(files));
    for entry in entries.iter().filter(|entry| !entry.functions.is_empty()) {
        let file = found.get(&entry.companion).copied();
        let bytes = file.and_then(|file| match &entry.companion {
            Companion::Object { member: Some(member), .. } if archive::is_archive(file) => {
                archives.entry(file.as_ptr()).or_insert_with(|| archive::members(file)).get(member.as_slice()).copied()
            }
            Companion::Object { member: None, .. } => Some(file),
            _ => None,
        });
        let Some(bytes) = bytes.filter(|bytes| !used.contains_key(&bytes.as_ptr())) else {
            objects.missing += 1;
            continue;
        };
        if !unread.take(bytes.len() as u64) {
            objects.excess += 1;
            continue;
        }
        match read::<Mach>(cpu, bytes, entry, base, budget) {
            Some(object) => {
                used.insert(bytes.as_ptr(), ());
                // Object files of assemblers and of other compilers have no debug information.
                if !object.section(".debug_info").is_empty() {
                    objects.list.push(object);
                }
            }
            None => objects.missing += 1,
        }
    }
    objects
}

/// Read an object file. `None`: it is damaged, or is not the one that was linked.
fn read<'d, Mach: MachHeader<Endian = LittleEndian>>(
    cpu: macho::CpuType,
    bytes: &'d [u8],
    entry: &Entry<'d>,
    base: u64,
    budget: &mut Budget,
) -> Option<Image<'d>> {
    let header = Mach::parse(bytes, 0).ok()?;
    if header.filetype(LittleEndian) != macho::MH_OBJECT || header.cputype(LittleEndian) != cpu {
        return None;
    }
    let mut sections = Sections::default();
    let mut table = None;
    let mut commands = header.load_commands(LittleEndian, bytes, 0).ok()?;
    while let Ok(Some(command)) = commands.next() {
        match command.variant() {
            Ok(LoadCommandVariant::Symtab(symtab)) => table = table.or(Some(symtab)),
            Ok(LoadCommandVariant::Segment32(..) | LoadCommandVariant::Segment64(..)) => {
                sections.add::<Mach>(command, bytes, budget);
            }
            _ => {}
        }
    }
    let table = table?;
    let (symbols, strings) = (table.symbols::<Mach, _>(LittleEndian, bytes).ok()?, strings(table, bytes)?);
    // The code of the file by names, and where its functions begin.
    let mut named: HashMap<&[u8], (u64, u64)> = HashMap::new();
    let mut starts = Vec::new();
    for symbol in symbols.iter().filter(|symbol| symbol.is_definition()) {
        let section = usize::from(symbol.n_sect()).checked_sub(1).and_then(|at| sections.all.get(at));
        let (Some(&(start, end, true)), Ok(at)) = (section, usize::try_from(symbol.n_strx(LittleEndian))) else {
            continue;
        };
        let address: u64 = symbol.n_value(LittleEndian).into();
        if let Some(name) = strings.at(at).filter(|_| start <= address && address < end) {
            named.entry(name).or_insert((address, end));
            starts.push(address);
        }
    }
    starts.sort_unstable();
    starts.dedup();
    let mut placed = Vec::new();
    let mut names = Vec::new();
    for function in &entry.functions {
        let &(start, limit) = named.get(function.name)?;
        let next = starts.get(starts.partition_point(|&other| other <= start)).map_or(limit, |&next| next.min(limit));
        let extent = next - start;
        if function.size > extent || extent - function.size >= PADDING {
            return None;
        }
        let Some(rva) = function.address.checked_sub(base) else { continue };
        placed.push(Placed { start, end: start + function.size, rva });
        let name = function.name.get(..limits::NAME).unwrap_or(function.name);
        let end = rva.saturating_add(function.size);
        names.push(Symbol { address: rva, end, is_sized: true, name: plain(name) });
    }
    names.sort_by_key(|symbol| symbol.address);
    names.dedup_by_key(|symbol| symbol.address);
    Some(Image {
        symbols: names,
        size: bytes.len() as u64,
        dwarf: sections.dwarf,
        placed: Placed::in_order(placed),
        broken: sections.damaged,
        excess: sections.excess,
        ..Image::default()
    })
}
