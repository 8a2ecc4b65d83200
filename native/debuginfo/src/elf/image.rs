//! An ELF file as an [`Image`].

use object::elf;

use super::embedded::Embedded;
use super::headers::Headers;
use super::{companions, sections, symbol_table, unwind};
use crate::Error;
use crate::companions::Companions;
use crate::compressed::Unpacked;
use crate::deadline::Deadline;
use crate::image::{Build, DWARF_SECTIONS, Described, Image};
use crate::limits::{self, Budget};
use crate::ranges;

/// Read a file. `embedded` is the one within it, `companions` have parts of its debug information.
///
/// # Errors
/// The header is damaged; it is an object file, whose addresses the linker would decide; the time is over.
pub fn image<'d>(
    file: &'d [u8],
    build: &Build,
    embedded: &'d Embedded,
    companions: &Companions<'d>,
    deadline: Deadline,
) -> Result<Image<'d>, Error> {
    let headers = Headers::read(build.bytes(file)?)?;
    if headers.kind == elf::ET_REL {
        return Err(Error::Unsupported("an object file has no addresses before it is linked"));
    }
    let base = headers.base();
    let code = code(&headers, base);
    let bytes_of_all = companions.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>() + headers.bytes.len() as u64;
    let mut budget = Budget::new(limits::decompressed(bytes_of_all));
    let symbols = symbol_table::functions(&headers, embedded.headers().as_ref(), base, &code);
    let mut image = Image {
        os: "Linux",
        arch: build.arch,
        debug_id: build.debug_id,
        base,
        code,
        symbols: symbols.list,
        functions: described(file, build),
        size: headers.bytes.len() as u64,
        broken: symbols.broken + embedded.broken,
        excess: symbols.excess + embedded.excess,
        ..Image::default()
    };
    // The walk over units reads little-endian numbers.
    for name in DWARF_SECTIONS.into_iter().filter(|_| headers.is_little) {
        deadline.check()?;
        match sections::contents(&headers, name, &mut budget) {
            Some(Unpacked::Whole(bytes)) if !bytes.is_empty() => image.dwarf.push((name, bytes)),
            Some(Unpacked::Whole(_)) | None => {}
            Some(Unpacked::Damaged) => image.broken += 1,
            Some(Unpacked::TooLong) => image.excess += 1,
        }
    }
    if headers.is_little {
        companions::join(&headers, companions, &mut image, &mut budget, deadline);
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
    ranges::cut(&mut code);
    code
}

/// The functions in the unwind tables of the file.
fn described<'d>(file: &'d [u8], build: &Build) -> Described<'d> {
    let build = build.clone();
    Described::of(move || unwind::unwind_tables(file, &build))
}
