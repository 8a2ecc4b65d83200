//! The sections of an ELF file that hold unwind tables, and what their rules need beside them.
//!
//! A debug file has the sections of its image without contents, except those for debuggers: `.debug_frame` is in it, and the
//! others are in the image.

use object::LittleEndian;
use object::elf;
use object::read::elf::Sym as _;
use unwind_tables::{Builder, Kind};
use vocabulary::{Arch, Os};

use super::headers::{Headers, Section};
use super::sections::contents;
use crate::Error;
use crate::compressed::Unpacked;
use crate::image::Build;
use crate::limits::{self, Budget};

/// The unwind tables of a file; `None` if it has none, or is of an architecture whose stacks are not walked.
///
/// # Errors
/// Its header is damaged.
pub(super) fn unwind_tables<'d>(file: &'d [u8], build: &Build) -> Result<Option<Builder<'d>>, Error> {
    let headers = Headers::read(build.bytes(file)?)?;
    let Some(arch) = arch(&headers).filter(|_| headers.kind != elf::ET_REL) else { return Ok(None) };
    let base = headers.base();
    let found = |name: &[u8]| {
        let section = headers.section(name).filter(|section| !section.has(elf::SHF_COMPRESSED))?;
        Some((section.address.wrapping_sub(base), headers.data(section)?))
    };
    let mut builder = Builder::new(arch, Os::Linux, base);
    if let Some((rva, frames)) = found(b".eh_frame") {
        builder.eh_frame(rva, frames, found(b".eh_frame_hdr"));
    }
    let mut budget = Budget::new(limits::decompressed(headers.bytes.len() as u64));
    if let Some(Unpacked::Whole(frames)) = contents(&headers, ".debug_frame", &mut budget) {
        builder.debug_frame(frames);
    }
    if arch == Arch::Arm {
        arm(&headers, base, &mut builder);
    }
    Ok(Some(builder).filter(|builder| !builder.is_empty()))
}

fn arch(headers: &Headers<'_>) -> Option<Arch> {
    if !headers.is_little {
        return None;
    }
    match headers.machine {
        elf::EM_386 => Some(Arch::X86),
        elf::EM_X86_64 if headers.is_64 => Some(Arch::Amd64),
        elf::EM_ARM => Some(Arch::Arm),
        elf::EM_AARCH64 if headers.is_64 => Some(Arch::Arm64),
        _ => None,
    }
}

/// What 32-bit ARM has beside DWARF: `.ARM.exidx`, and code, because that table does not describe prologues and epilogues.
fn arm<'d>(headers: &Headers<'d>, base: u64, builder: &mut Builder<'d>) {
    let add = |builder: &mut Builder<'d>, kind: Kind, section: &Section<'_>| {
        if let Some(bytes) = headers.data(section) {
            builder.section(kind, section.address.wrapping_sub(base), bytes);
        }
    };
    if let Some(index) = headers.section(b".ARM.exidx") {
        add(builder, Kind::Exidx, index);
        if let Some(table) = headers.section(b".ARM.extab") {
            add(builder, Kind::Extab, table);
        }
    }
    for section in headers.sections.iter().filter(|section| section.is_code() && section.is_in_file()) {
        let is_stubs = matches!(section.name, b".plt" | b".iplt");
        add(builder, if is_stubs { Kind::Stubs } else { Kind::Code }, section);
    }
    builder.function_starts(functions(headers, base));
}

/// Where functions begin, relative to the base; the lowest bit is set for Thumb code.
fn functions(headers: &Headers<'_>, base: u64) -> Vec<u64> {
    type Symbol = elf::Sym32<LittleEndian>;
    let mut starts = Vec::new();
    for kind in [elf::SHT_SYMTAB, elf::SHT_DYNSYM] {
        // A file has one of each; more over the same bytes would multiply the work.
        let table = headers.sections.iter().find(|section| section.kind == kind);
        let Some(bytes) = table.and_then(|table| headers.data(table)) else { continue };
        let count = bytes.len() / size_of::<Symbol>();
        let Ok((symbols, _)) = object::slice_from_bytes::<Symbol>(bytes, count) else { continue };
        let is_function =
            |symbol: &&Symbol| symbol.st_type() == elf::STT_FUNC && symbol.st_shndx(LittleEndian) != elf::SHN_UNDEF;
        let address = |symbol: &Symbol| u64::from(symbol.st_value(LittleEndian)).checked_sub(base);
        starts.extend(symbols.iter().filter(is_function).filter_map(address));
    }
    starts
}
