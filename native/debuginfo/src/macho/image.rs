//! A slice as an [`Image`].

use object::LittleEndian;
use object::macho::{self, MachHeader32, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader};

use super::objects::objects;
use super::sections::Sections;
use super::{debug_map, symbol_table, unwind};
use crate::Error;
use crate::companions::{Companion, Companions};
use crate::image::{Build, Described, Image, Kind};
use crate::limits::{self, Budget};

/// The object files that have the debug information of a slice.
///
/// # Errors
/// The header is damaged.
pub(super) fn companions(file: &[u8], build: &Build) -> Result<Vec<Companion>, Error> {
    let bytes = build.bytes(file)?;
    if build.kind != Kind::Image || build.debug_info.is_some() || !build.has_symbols {
        return Ok(Vec::new());
    }
    match bytes.first_chunk::<4>().map(|magic| u32::from_le_bytes(*magic)) {
        Some(macho::MH_MAGIC) => mapped::<MachHeader32<LittleEndian>>(bytes, build),
        Some(macho::MH_MAGIC_64) => mapped::<MachHeader64<LittleEndian>>(bytes, build),
        _ => Ok(Vec::new()),
    }
}

fn mapped<Mach: MachHeader<Endian = LittleEndian>>(bytes: &[u8], build: &Build) -> Result<Vec<Companion>, Error> {
    let damaged = |what| Error::Damaged { what, offset: build.offset };
    let header = Mach::parse(bytes, 0).map_err(|_| damaged("the Mach-O header is cut"))?;
    let mut commands =
        header.load_commands(LittleEndian, bytes, 0).map_err(|_| damaged("the load commands are cut"))?;
    while let Ok(Some(command)) = commands.next() {
        if let Ok(LoadCommandVariant::Symtab(table)) = command.variant() {
            let entries = debug_map::entries::<Mach>(table, bytes);
            let with_code = entries.into_iter().filter(|entry| !entry.functions.is_empty());
            return Ok(with_code.map(|entry| entry.companion).collect());
        }
    }
    Ok(Vec::new())
}

/// Read a slice of a file. `companions` are object files that have its debug information.
///
/// # Errors
/// The header is damaged.
pub fn image<'d>(file: &'d [u8], build: &Build, companions: &Companions<'d>) -> Result<Image<'d>, Error> {
    let bytes = build.bytes(file)?;
    match bytes.first_chunk::<4>().map(|magic| u32::from_le_bytes(*magic)) {
        Some(macho::MH_MAGIC) => read::<MachHeader32<LittleEndian>>(bytes, build, companions),
        Some(macho::MH_MAGIC_64) => read::<MachHeader64<LittleEndian>>(bytes, build, companions),
        _ => Err(Error::Damaged { what: "no Mach-O header", offset: build.offset }),
    }
    .map(|image| Image { functions: described(file, build), ..image })
}

fn read<'d, Mach: MachHeader<Endian = LittleEndian>>(
    bytes: &'d [u8],
    build: &Build,
    companions: &Companions<'d>,
) -> Result<Image<'d>, Error> {
    let damaged = |what| Error::Damaged { what, offset: build.offset };
    let header = Mach::parse(bytes, 0).map_err(|_| damaged("the Mach-O header is cut"))?;
    let mut commands =
        header.load_commands(LittleEndian, bytes, 0).map_err(|_| damaged("the load commands are cut"))?;
    let mut sections = Sections::default();
    let others: u64 = companions.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let mut budget = Budget::new(limits::decompressed((bytes.len() as u64).saturating_add(others)));
    let mut table = None;
    let mut broken = 0;
    loop {
        let command = match commands.next() {
            Ok(Some(command)) => command,
            Ok(None) => break,
            Err(_) => {
                broken += 1;
                break;
            }
        };
        match command.variant() {
            Ok(LoadCommandVariant::Symtab(symtab)) => table = table.or(Some(symtab)),
            Ok(LoadCommandVariant::Segment32(..) | LoadCommandVariant::Segment64(..)) => {
                sections.add::<Mach>(command, bytes, &mut budget);
            }
            _ => {}
        }
    }
    let base = sections.base.unwrap_or(0);
    let mut symbols = Vec::new();
    let mut excess = sections.excess;
    if let Some(table) = table {
        match symbol_table::functions::<Mach>(table, bytes, &sections.all, base) {
            Some((found, cut)) => {
                symbols = found;
                excess += cut;
            }
            None => broken += 1,
        }
    }
    broken += sections.damaged;
    // Beside debug information of its own, those files have nothing new.
    let with_objects = build.kind == Kind::Image && sections.dwarf.is_empty();
    let objects = table.filter(|_| with_objects).map(|table| {
        let entries = debug_map::entries::<Mach>(table, bytes);
        objects::<Mach>(header.cputype(LittleEndian), &entries, companions, base, &mut budget)
    });
    let objects = objects.unwrap_or_default();
    let code = sections.code(base);
    Ok(Image {
        os: "mac",
        arch: build.arch,
        debug_id: build.debug_id,
        base,
        code,
        symbols,
        size: bytes.len() as u64,
        dwarf: sections.dwarf,
        objects: objects.list,
        broken,
        excess: excess + objects.excess,
        missing: objects.missing,
        ..Image::default()
    })
}

/// The functions in the unwind tables of the file.
fn described<'d>(file: &'d [u8], build: &Build) -> Described<'d> {
    let build = build.clone();
    Described::of(move || unwind::unwind_tables(file, &build))
}
