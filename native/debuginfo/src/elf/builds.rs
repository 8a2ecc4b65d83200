//! The build in a file, from its headers alone.

use object::elf;

use super::headers::{Headers, Section};
use super::{companions, ids};
use crate::Error;
use crate::image::{Build, Builds, Kind};

/// Whether the first bytes of a file are those of an ELF file.
#[must_use]
pub fn is_elf(head: &[u8]) -> bool {
    head.starts_with(&elf::ELFMAG)
}

/// The tables that frames may be unwound by, by their sections.
const UNWIND: [(&str, &[&[u8]]); 3] = [
    (".eh_frame", &[b".eh_frame"]),
    (".debug_frame", &[b".debug_frame", b".zdebug_frame"]),
    (".ARM.exidx", &[b".ARM.exidx"]),
];

/// The one build of a file.
///
/// # Errors
/// The file is no ELF file, its header is damaged, or it is a core dump.
pub fn builds(file: &[u8]) -> Result<Builds, Error> {
    let headers = Headers::read(file)?;
    if headers.kind == elf::ET_CORE {
        return Err(Error::Unsupported("a core dump is not a debug file"));
    }
    let (kind, kind_name) = kind(&headers);
    // Object files are not loaded, so that nothing refers to them by an id.
    let identifier = ids::identifier(&headers).filter(|_| headers.build_id.is_some() || kind == Kind::Image);
    let some = |names: &[&[u8]]| names.iter().any(|name| headers.section(name).is_some());
    let build = Build {
        offset: 0,
        size: file.len() as u64,
        arch: arch(&headers),
        kind,
        kind_name,
        debug_id: identifier.as_deref().and_then(ids::debug_id),
        code_id: identifier.as_deref().map(ids::code_id),
        // That of big-endian processors is not read.
        debug_info: (headers.is_little && some(&[b".debug_info", b".zdebug_info"])).then_some("DWARF"),
        has_symbols: headers.sections.iter().any(has_symbols) || companions::linked(&headers).is_some(),
        is_compressed: false,
        base: headers.base(),
        unwind: UNWIND.iter().filter(|(_, sections)| some(sections)).map(|(name, _)| *name).collect(),
    };
    Ok(Builds { list: vec![build], refused: 0 })
}

fn has_symbols(section: &Section<'_>) -> bool {
    // The first symbol of a table is empty.
    let is_table = matches!(section.kind, elf::SHT_SYMTAB | elf::SHT_DYNSYM) && section.size > 24;
    is_table || (section.name == b".gnu_debugdata" && section.is_in_file())
}

fn kind(headers: &Headers<'_>) -> (Kind, &'static str) {
    let split = headers.sections.iter().any(|section| section.name == b".debug_info.dwo");
    let index = [b".debug_cu_index".as_slice(), b".debug_tu_index"].iter().any(|name| headers.section(name).is_some());
    // Debug files of some build systems have their package in them.
    if index && headers.section(b".debug_info").is_none() {
        return (Kind::Part, "dwp");
    }
    match headers.kind {
        elf::ET_EXEC | elf::ET_DYN if headers.is_without_code() => (Kind::Debug, "debug file"),
        elf::ET_EXEC | elf::ET_DYN if !headers.segments.is_empty() => (Kind::Image, "image"),
        elf::ET_REL if split => (Kind::Part, "dwo"),
        // What dwz moves out of several debug files has a build id, by which they refer to it, and no code.
        elf::ET_REL if headers.build_id.is_some() && !headers.sections.iter().any(Section::is_code) => {
            (Kind::Part, "dwz common file")
        }
        elf::ET_REL => (Kind::Part, "object file"),
        _ => (Kind::Debug, "debug file"),
    }
}

/// The architecture as Breakpad's tools spell it.
fn arch(headers: &Headers<'_>) -> &'static str {
    match headers.machine {
        elf::EM_386 => "x86",
        elf::EM_X86_64 => "x86_64",
        elf::EM_ARM => "arm",
        elf::EM_AARCH64 => "arm64",
        elf::EM_MIPS if headers.is_64 => "mips64",
        elf::EM_MIPS => "mips",
        elf::EM_PPC => "ppc",
        elf::EM_PPC64 => "ppc64",
        elf::EM_RISCV if headers.is_64 => "riscv64",
        elf::EM_RISCV => "riscv",
        elf::EM_S390 => "s390",
        elf::EM_SPARC => "sparc",
        elf::EM_SPARCV9 => "sparcv9",
        elf::EM_LOONGARCH => "loongarch64",
        _ => "unknown",
    }
}
