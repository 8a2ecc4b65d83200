//! A slice as an [`Image`].

use object::LittleEndian;
use object::macho::{self, MachHeader32, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader};

use super::sections::Sections;
use super::{symbol_table, unwind};
use crate::Error;
use crate::image::{Build, Described, Image};
use crate::limits::{self, Budget};

/// Read a slice of a file.
///
/// # Errors
/// The header is damaged.
pub fn image<'d>(file: &'d [u8], build: &Build) -> Result<Image<'d>, Error> {
    let bytes = build.bytes(file)?;
    match bytes.first_chunk::<4>().map(|magic| u32::from_le_bytes(*magic)) {
        Some(macho::MH_MAGIC) => read::<MachHeader32<LittleEndian>>(bytes, build),
        Some(macho::MH_MAGIC_64) => read::<MachHeader64<LittleEndian>>(bytes, build),
        _ => Err(Error::Damaged { what: "no Mach-O header", offset: build.offset }),
    }
    .map(|image| Image { functions: described(file, build), ..image })
}

fn read<'d, Mach: MachHeader<Endian = LittleEndian>>(bytes: &'d [u8], build: &Build) -> Result<Image<'d>, Error> {
    let damaged = |what| Error::Damaged { what, offset: build.offset };
    let header = Mach::parse(bytes, 0).map_err(|_| damaged("the Mach-O header is cut"))?;
    let mut commands =
        header.load_commands(LittleEndian, bytes, 0).map_err(|_| damaged("the load commands are cut"))?;
    let mut sections = Sections::default();
    let mut budget = Budget::new(limits::decompressed(bytes.len() as u64));
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
        broken,
        excess,
        ..Image::default()
    })
}

/// The functions in the unwind tables of the file.
fn described<'d>(file: &'d [u8], build: &Build) -> Described<'d> {
    let build = build.clone();
    Described::of(move || unwind::unwind_tables(file, &build))
}
