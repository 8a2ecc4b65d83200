//! An ELF file as an [`Image`].

use std::borrow::Cow;

use object::elf;

use super::headers::Headers;
use super::symbol_table;
use crate::Error;
use crate::image::{Build, Image};

/// The names of the DWARF sections that are read.
const DWARF: [&str; 9] = [
    ".debug_abbrev",
    ".debug_addr",
    ".debug_info",
    ".debug_line",
    ".debug_line_str",
    ".debug_ranges",
    ".debug_rnglists",
    ".debug_str",
    ".debug_str_offsets",
];

/// Read a file.
///
/// # Errors
/// The header is damaged; it is an object file, whose addresses the linker would decide.
pub fn image<'d>(file: &'d [u8], build: &Build) -> Result<Image<'d>, Error> {
    let headers = Headers::read(build.bytes(file)?)?;
    if headers.kind == elf::ET_REL {
        return Err(Error::Unsupported("an object file has no addresses before it is linked"));
    }
    let base = headers.base();
    let code = code(&headers, base);
    let symbols = symbol_table::functions(&headers, base, &code);
    let mut image = Image {
        os: "Linux",
        arch: build.arch,
        debug_id: build.debug_id,
        base,
        code,
        symbols: symbols.list,
        size: headers.bytes.len() as u64,
        broken: symbols.broken,
        excess: symbols.excess,
        ..Image::default()
    };
    for name in DWARF {
        let Some(section) = headers.section(name.as_bytes()) else { continue };
        match headers.data(section).filter(|_| !section.has(elf::SHF_COMPRESSED)) {
            Some(bytes) => image.dwarf.push((name, Cow::Borrowed(bytes))),
            None => image.broken += 1,
        }
    }
    Ok(image)
}

/// Sections of code, sorted, relative to the base, without overlaps; segments of code if there are no sections.
fn code(headers: &Headers<'_>, base: u64) -> Vec<(u64, u64)> {
    let sections = headers.sections.iter().filter(|section| section.is_code());
    let mut code: Vec<_> = sections.map(|section| (section.address, section.size)).collect();
    if code.is_empty() {
        let segments = headers.segments.iter();
        let segments = segments.filter(|segment| segment.kind == elf::PT_LOAD && segment.flags.0 & elf::PF_X.0 != 0);
        code = segments.map(|segment| (segment.address, segment.memory_size)).collect();
    }
    code.retain(|&(start, _)| base <= start);
    for (start, end) in &mut code {
        *start -= base;
        *end = start.saturating_add(*end);
    }
    code.sort_unstable();
    let mut limit = 0;
    code.retain_mut(|(start, end)| {
        *start = limit.max(*start);
        limit = limit.max(*end);
        start < end
    });
    code
}
