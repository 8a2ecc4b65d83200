//! The sections of a Mach-O file that hold unwind tables, and what their rules need beside them.
//!
//! A dSYM bundle has the sections of its image without contents, except those for debuggers: of the tables only `__debug_frame`
//! may be in it. Apple's compilers write none; Go's write no other table.

use std::borrow::Cow;

use gimli::{EndianSlice, Reader as _};
use object::LittleEndian;
use object::macho::{self, MachHeader32, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader, Section as _, Segment as _};
use unwind_tables::{Builder, Kind};
use vocabulary::{Arch, Os};

use super::sections::is_code;
use crate::Error;
use crate::compressed::{Unpacked, unpack_old};
use crate::image::Build;
use crate::limits::{self, Budget};

/// The tables by the names of their segment and section, and how they are called.
pub(super) const TABLES: [(&[u8], &[u8], &str); 4] = [
    (b"__TEXT", b"__unwind_info", "__unwind_info"),
    (b"__TEXT", b"__eh_frame", "__eh_frame"),
    (b"__DWARF", b"__debug_frame", "__debug_frame"),
    (b"__DWARF", b"__zdebug_frame", "__debug_frame"),
];

/// The unwind tables of a slice; `None` if it has none, or is of an architecture whose tables are not read.
///
/// # Errors
/// Its header is damaged.
pub(super) fn unwind_tables<'d>(file: &'d [u8], build: &Build) -> Result<Option<Builder<'d>>, Error> {
    let bytes = build.bytes(file)?;
    match bytes.first_chunk::<4>().map(|magic| u32::from_le_bytes(*magic)) {
        Some(macho::MH_MAGIC) => read::<MachHeader32<LittleEndian>>(bytes, build),
        Some(macho::MH_MAGIC_64) => read::<MachHeader64<LittleEndian>>(bytes, build),
        _ => Err(Error::Damaged { what: "no Mach-O header", offset: build.offset }),
    }
}

/// A section with its bytes; addresses as in the file.
struct Section<'d> {
    name: &'d [u8],
    address: u64,
    bytes: &'d [u8],
    is_code: bool,
}

fn read<'d, Mach: MachHeader<Endian = LittleEndian>>(
    bytes: &'d [u8],
    build: &Build,
) -> Result<Option<Builder<'d>>, Error> {
    let damaged = |what| Error::Damaged { what, offset: build.offset };
    let header = Mach::parse(bytes, 0).map_err(|_| damaged("the Mach-O header is cut"))?;
    let arch = match header.cputype(LittleEndian) {
        macho::CPU_TYPE_X86_64 => Arch::Amd64,
        macho::CPU_TYPE_ARM64 | macho::CPU_TYPE_ARM64_32 => Arch::Arm64,
        _ => return Ok(None),
    };
    let kind = header.filetype(LittleEndian);
    if kind == macho::MH_OBJECT {
        return Ok(None);
    }
    let mut base = None;
    let mut sections = Vec::new();
    let mut frames = None;
    let mut decompressed = Budget::new(limits::decompressed(bytes.len() as u64));
    let mut commands =
        header.load_commands(LittleEndian, bytes, 0).map_err(|_| damaged("the load commands are cut"))?;
    let mut starts = None;
    while let Ok(Some(command)) = commands.next() {
        if let Ok(LoadCommandVariant::LinkeditData(list)) = command.variant()
            && command.cmd() == macho::LC_FUNCTION_STARTS
        {
            starts = list.data(LittleEndian, bytes).ok();
        }
        let Ok(Some((segment, data))) = Mach::Segment::from_command(command) else { continue };
        let list = segment.sections(LittleEndian, data).unwrap_or_default();
        if segment.name() == b"__DWARF" && frames.is_none() {
            frames = segment.section_offsets(LittleEndian, list).flatten().find_map(|(section, offset)| {
                debug_frame(section.name(), section.data(LittleEndian, bytes, offset).ok()?, &mut decompressed)
            });
        }
        // Everything else is in `__TEXT`, whose address is the base.
        if segment.name() != b"__TEXT" || base.is_some() {
            continue;
        }
        base = Some(segment.vmaddr(LittleEndian).into());
        if kind == macho::MH_DSYM {
            continue;
        }
        for (section, offset) in segment.section_offsets(LittleEndian, list).flatten() {
            if let Ok(bytes) = section.data(LittleEndian, bytes, offset) {
                let address = section.addr(LittleEndian).into();
                sections.push(Section { name: section.name(), address, bytes, is_code: is_code(section) });
            }
        }
    }
    let Some(base) = base else { return Ok(None) };
    let mut builder = Builder::new(arch, Os::MacOs, base);
    let find = |name: &[u8]| sections.iter().find(|section| section.name == name);
    if let Some(section) = find(b"__unwind_info") {
        builder.section(Kind::UnwindInfo, section.address.wrapping_sub(base), section.bytes);
    }
    if let Some(section) = find(b"__eh_frame") {
        builder.eh_frame(section.address.wrapping_sub(base), section.bytes, None);
    }
    if let Some(frames) = frames {
        builder.debug_frame(frames);
    }
    if builder.is_empty() {
        return Ok(None);
    }
    // Sections of a crafted file may all be the same bytes.
    let mut budget = Budget::new(bytes.len() as u64);
    for section in sections.iter().filter(|section| section.is_code && budget.take(section.bytes.len() as u64)) {
        builder.section(Kind::Code, section.address.wrapping_sub(base), section.bytes);
    }
    builder.function_starts(function_starts(starts.unwrap_or_default()));
    Ok(Some(builder))
}

/// The contents of a section that is called `__debug_frame`, or as it is called when it is compressed.
fn debug_frame<'d>(name: &[u8], bytes: &'d [u8], decompressed: &mut Budget) -> Option<Cow<'d, [u8]>> {
    match name {
        b"__debug_frame" => Some(bytes.into()),
        b"__zdebug_frame" => match unpack_old(bytes, decompressed) {
            Unpacked::Whole(frames) => Some(frames),
            Unpacked::Damaged | Unpacked::TooLong => None,
        },
        _ => None,
    }
}

/// The addresses of `LC_FUNCTION_STARTS`, relative to the base: each is a distance from the one before, in LEB128.
fn function_starts(list: &[u8]) -> Vec<u64> {
    let mut list = EndianSlice::new(list, gimli::LittleEndian);
    let mut starts = Vec::new();
    let mut address = 0u64;
    while let Ok(distance) = list.read_uleb128() {
        // A zero ends the list.
        let Some(next) = address.checked_add(distance).filter(|_| distance > 0) else { break };
        address = next;
        starts.push(address);
    }
    starts
}
