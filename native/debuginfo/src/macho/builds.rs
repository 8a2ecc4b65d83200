//! Which builds a file holds, from its headers and load commands alone.

use object::LittleEndian;
use object::macho::{self, FatArch32, FatArch64, MachHeader32, MachHeader64};
use object::read::macho::{FatArch, LoadCommandVariant, MachHeader, MachOFatFile, Section as _, Segment as _};
use vocabulary::DebugId;

use super::ids;
use crate::Error;
use crate::image::{Build, Builds, Kind};
use crate::limits;

/// Whether the first bytes of a file are those of a Mach-O file. Four suffice; eight distinguish a fat file from a Java class.
#[must_use]
pub fn is_macho(head: &[u8]) -> bool {
    let Some(magic) = head.first_chunk::<4>() else { return false };
    match u32::from_be_bytes(*magic) {
        macho::FAT_MAGIC | macho::FAT_MAGIC_64 => {
            head.get(4..8).is_none_or(|count| count < limits::SLICES.to_be_bytes().as_slice())
        }
        macho::MH_MAGIC | macho::MH_MAGIC_64 | macho::MH_CIGAM | macho::MH_CIGAM_64 => true,
        _ => false,
    }
}

/// Every slice of a file. Nothing but headers and load commands is read.
///
/// # Errors
/// The file is no Mach-O file, or its headers are damaged. Of a fat file the sound slices are given, if there are any.
pub fn builds(file: &[u8]) -> Result<Builds, Error> {
    if !is_macho(file) {
        return Err(Error::Unsupported("not a Mach-O file"));
    }
    let magic = file.first_chunk::<4>().map_or(0, |magic| u32::from_be_bytes(*magic));
    match magic {
        macho::FAT_MAGIC => fat::<FatArch32>(file),
        macho::FAT_MAGIC_64 => fat::<FatArch64>(file),
        _ => Ok(Builds { list: vec![thin(file, 0, file.len() as u64)?], refused: 0 }),
    }
}

fn fat<Fat: FatArch>(file: &[u8]) -> Result<Builds, Error> {
    let damaged = Error::Damaged { what: "the table of slices is cut", offset: 8 };
    let Ok(fat) = MachOFatFile::<Fat>::parse(file) else { return Err(damaged) };
    let mut found = Builds::default();
    let mut failed = None;
    for arch in fat.arches() {
        // Slices over the same bytes would multiply the work, and no tool writes them.
        let (start, end) = (arch.offset().into(), arch.offset().into().saturating_add(arch.size().into()));
        if found.list.iter().any(|other| other.offset < end && start < other.offset.saturating_add(other.size)) {
            failed = failed.or(Some(Error::Damaged { what: "the slice overlaps another", offset: start }));
            found.refused += 1;
            continue;
        }
        match thin(file, arch.offset().into(), arch.size().into()) {
            Ok(build) => found.list.push(build),
            Err(error) => {
                failed = failed.or(Some(error));
                found.refused += 1;
            }
        }
    }
    match failed {
        Some(error) if found.list.is_empty() => Err(error),
        _ => Ok(found),
    }
}

fn thin(file: &[u8], offset: u64, size: u64) -> Result<Build, Error> {
    let mut build = Build {
        offset,
        size,
        arch: "",
        kind: Kind::Other,
        kind_name: "other",
        base: 0,
        debug_id: None,
        code_id: None,
        debug_info: None,
        has_symbols: false,
        is_compressed: false,
        unwind: Vec::new(),
    };
    let bytes = build.bytes(file)?;
    let magic = bytes.first_chunk::<4>().map_or(0, |magic| u32::from_le_bytes(*magic));
    match magic {
        macho::MH_MAGIC => read::<MachHeader32<LittleEndian>>(bytes, &mut build)?,
        macho::MH_MAGIC_64 => read::<MachHeader64<LittleEndian>>(bytes, &mut build)?,
        macho::MH_CIGAM | macho::MH_CIGAM_64 => {
            return Err(Error::Unsupported("big-endian Mach-O (PowerPC) is not read"));
        }
        _ => return Err(Error::Damaged { what: "no Mach-O header", offset }),
    }
    build.code_id = build.debug_id.map(|id| id.guid().iter().map(|byte| format!("{byte:02x}")).collect());
    Ok(build)
}

fn read<Mach: MachHeader<Endian = LittleEndian>>(bytes: &[u8], build: &mut Build) -> Result<(), Error> {
    let damaged = |what| Error::Damaged { what, offset: build.offset };
    let header = Mach::parse(bytes, 0).map_err(|_| damaged("the Mach-O header is cut"))?;
    build.arch = arch(header.cputype(LittleEndian), header.cpusubtype(LittleEndian));
    (build.kind, build.kind_name) = match header.filetype(LittleEndian) {
        macho::MH_DSYM => (Kind::Debug, "dSYM"),
        macho::MH_EXECUTE | macho::MH_DYLIB | macho::MH_BUNDLE | macho::MH_DYLINKER | macho::MH_KEXT_BUNDLE => {
            (Kind::Image, "image")
        }
        macho::MH_OBJECT => (Kind::Part, "object file"),
        _ => (Kind::Other, "other"),
    };
    let mut commands =
        header.load_commands(LittleEndian, bytes, 0).map_err(|_| damaged("the load commands are cut"))?;
    let mut base = None;
    // A damaged command ends the list, since sizes lead from one to the next. Those before it are used.
    while let Ok(Some(command)) = commands.next() {
        match command.variant() {
            Ok(LoadCommandVariant::Uuid(uuid)) if build.debug_id.is_none() => {
                build.debug_id = Some(DebugId::from_uuid(uuid.uuid)).filter(|id| !id.is_nil());
            }
            Ok(LoadCommandVariant::Symtab(table)) => build.has_symbols |= table.nsyms.get(LittleEndian) > 0,
            Ok(LoadCommandVariant::Segment32(..) | LoadCommandVariant::Segment64(..)) => {
                build.debug_info = build.debug_info.or(has_dwarf::<Mach>(command).then_some("DWARF"));
                build.unwind.extend(unwind_tables::<Mach>(command, build.kind));
                base = base.or_else(|| text_address::<Mach>(command));
            }
            _ => {}
        }
    }
    build.base = base.unwrap_or(0);
    if build.debug_id.is_none() && build.kind == Kind::Image {
        build.debug_id = ids::hash_of_sections::<Mach>(bytes);
    }
    Ok(())
}

/// The address of `__TEXT`, which begins with the header.
fn text_address<Mach: MachHeader<Endian = LittleEndian>>(
    command: object::read::macho::LoadCommandData<'_, LittleEndian>,
) -> Option<u64> {
    let (segment, _) = Mach::Segment::from_command(command).ok()??;
    (segment.name() == b"__TEXT").then(|| segment.vmaddr(LittleEndian).into())
}

fn has_dwarf<Mach: MachHeader<Endian = LittleEndian>>(
    command: object::read::macho::LoadCommandData<'_, LittleEndian>,
) -> bool {
    let Ok(Some((segment, data))) = Mach::Segment::from_command(command) else { return false };
    let sections = segment.sections(LittleEndian, data).unwrap_or_default();
    sections.iter().any(|section| {
        matches!(section.name(), b"__debug_info" | b"__zdebug_info") && section.size(LittleEndian).into() > 0
    })
}

/// The unwind tables in a segment. A dSYM has the sections of the image without contents, and those for debuggers with them.
fn unwind_tables<Mach: MachHeader<Endian = LittleEndian>>(
    command: object::read::macho::LoadCommandData<'_, LittleEndian>,
    kind: Kind,
) -> Vec<&'static str> {
    let Ok(Some((segment, data))) = Mach::Segment::from_command(command) else { return Vec::new() };
    let sections = segment.sections(LittleEndian, data).unwrap_or_default();
    let has =
        |name: &[u8]| sections.iter().any(|section| section.name() == name && section.size(LittleEndian).into() > 0);
    let segments: &[&[u8]] = match kind {
        Kind::Image => &[b"__TEXT", b"__DWARF"],
        Kind::Debug => &[b"__DWARF"],
        Kind::Part | Kind::Other => &[],
    };
    let is_there = |of: &[u8], name: &[u8]| segments.contains(&of) && segment.name() == of && has(name);
    let tables = super::unwind::TABLES.iter().filter(|(of, name, _)| is_there(of, name));
    tables.map(|&(.., called)| called).collect()
}

/// The architecture as Breakpad's tools spell it. Subtypes that only state the oldest processor are not distinguished.
fn arch(cpu: macho::CpuType, subtype: macho::CpuSubtype) -> &'static str {
    match (cpu, subtype.id()) {
        (macho::CPU_TYPE_ARM64, macho::CPU_SUBTYPE_ARM64E) => "arm64e",
        (macho::CPU_TYPE_ARM64, _) => "arm64",
        (macho::CPU_TYPE_ARM64_32, _) => "arm64_32",
        (macho::CPU_TYPE_ARM, macho::CPU_SUBTYPE_ARM_V7) => "armv7",
        (macho::CPU_TYPE_ARM, macho::CPU_SUBTYPE_ARM_V7S) => "armv7s",
        (macho::CPU_TYPE_ARM, macho::CPU_SUBTYPE_ARM_V7K) => "armv7k",
        (macho::CPU_TYPE_ARM, macho::CPU_SUBTYPE_ARM_V6) => "armv6",
        (macho::CPU_TYPE_ARM, _) => "arm",
        (macho::CPU_TYPE_X86_64, macho::CPU_SUBTYPE_X86_64_H) => "x86_64h",
        (macho::CPU_TYPE_X86_64, _) => "x86_64",
        (macho::CPU_TYPE_X86, _) => "x86",
        _ => "unknown",
    }
}
