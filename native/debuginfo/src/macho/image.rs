//! A slice as an [`Image`].

use object::LittleEndian;
use object::macho::{self, MachHeader32, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader};

use super::sections::Sections;
use super::slices::Slice;
use super::symbol_table;
use crate::Error;
use crate::image::Image;
use crate::limits::{self, Budget};

/// Read a slice of a file. The second value counts what of it is damaged: sections, the symbol table.
///
/// # Errors
/// The header is damaged.
pub fn image<'d>(file: &'d [u8], slice: &Slice) -> Result<(Image<'d>, u64), Error> {
    let bytes = slice.bytes(file)?;
    match bytes.first_chunk::<4>().map(|magic| u32::from_le_bytes(*magic)) {
        Some(macho::MH_MAGIC) => read::<MachHeader32<LittleEndian>>(bytes, slice),
        Some(macho::MH_MAGIC_64) => read::<MachHeader64<LittleEndian>>(bytes, slice),
        _ => Err(Error::Damaged { what: "no Mach-O header", offset: slice.offset }),
    }
}

fn read<'d, Mach: MachHeader<Endian = LittleEndian>>(
    bytes: &'d [u8],
    slice: &Slice,
) -> Result<(Image<'d>, u64), Error> {
    let damaged = |what| Error::Damaged { what, offset: slice.offset };
    let header = Mach::parse(bytes, 0).map_err(|_| damaged("the Mach-O header is cut"))?;
    let mut commands =
        header.load_commands(LittleEndian, bytes, 0).map_err(|_| damaged("the load commands are cut"))?;
    let mut sections = Sections::default();
    let mut budget = Budget::new(limits::decompressed(bytes.len() as u64));
    let mut table = None;
    let mut faults = 0;
    loop {
        let command = match commands.next() {
            Ok(Some(command)) => command,
            Ok(None) => break,
            Err(_) => {
                faults += 1;
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
    if let Some(table) = table {
        match symbol_table::functions::<Mach>(table, bytes, &sections.all, base) {
            Some(found) => symbols = found,
            None => faults += 1,
        }
    }
    faults += sections.damaged;
    let code = sections.code(base);
    let image = Image {
        os: "mac",
        arch: slice.arch,
        debug_id: slice.debug_id,
        base,
        code,
        symbols,
        size: bytes.len() as u64,
        dwarf: sections.dwarf,
    };
    Ok((image, faults))
}
