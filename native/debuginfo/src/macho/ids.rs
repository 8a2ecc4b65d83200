//! The id of an image that its linker gave no UUID.

use md5::{Digest as _, Md5};
use object::LittleEndian;
use object::macho;
use object::read::macho::{LoadCommandVariant, MachHeader, Section as _, Segment as _};
use vocabulary::DebugId;

use crate::limits::Budget;

/// Breakpad's id for an image without `LC_UUID`: the MD5 of the contents of its sections, in the order of the file
/// (`MachoID::MD5` of its `macho_id.cc`). `None`: it has none, or more than the file has bytes for.
///
/// Sightings: `ld -no_uuid`, and programs of Go before 1.22.
pub(super) fn hash_of_sections<Mach: MachHeader<Endian = LittleEndian>>(slice: &[u8]) -> Option<DebugId> {
    let header = Mach::parse(slice, 0).ok()?;
    let mut commands = header.load_commands(LittleEndian, slice, 0).ok()?;
    let mut hash = Md5::new();
    // Sections of a crafted file may all be the same bytes.
    let mut budget = Budget::new(slice.len() as u64);
    let mut is_empty = true;
    while let Ok(Some(command)) = commands.next() {
        if !matches!(command.variant(), Ok(LoadCommandVariant::Segment32(..) | LoadCommandVariant::Segment64(..))) {
            continue;
        }
        let Ok(Some((segment, data))) = Mach::Segment::from_command(command) else { continue };
        let sections = segment.sections(LittleEndian, data).unwrap_or_default();
        for (section, offset) in segment.section_offsets(LittleEndian, sections).flatten() {
            let kind = section.flags(LittleEndian).0 & macho::SECTION_TYPE;
            if kind == u32::from(macho::S_ZEROFILL.0) || section.offset(LittleEndian) == 0 {
                continue;
            }
            let bytes = section.data(LittleEndian, slice, offset).ok()?;
            if !budget.take(bytes.len() as u64) {
                return None;
            }
            is_empty &= bytes.is_empty();
            hash.update(bytes);
        }
    }
    Some(DebugId::from_uuid(hash.finalize().into())).filter(|_| !is_empty)
}
