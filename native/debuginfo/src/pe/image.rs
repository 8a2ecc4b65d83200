//! A PE file as an [`Image`].

use super::headers::Headers;
use super::{sections, symbols, unwind};
use crate::Error;
use crate::compressed::Unpacked;
use crate::deadline::Deadline;
use crate::image::{Build, DWARF_SECTIONS, Described, Image};
use crate::limits::{self, Budget};
use crate::ranges;

/// Read a file.
///
/// # Errors
/// The headers are damaged; the time is over.
pub fn image<'d>(file: &'d [u8], build: &Build, deadline: Deadline) -> Result<Image<'d>, Error> {
    let headers = Headers::read(build.bytes(file)?)?;
    let (mut symbols, mut excess) = symbols::table(&headers);
    let mut dwarf = Vec::new();
    let mut broken = 0;
    let mut budget = Budget::new(limits::decompressed(headers.bytes.len() as u64));
    for name in DWARF_SECTIONS {
        deadline.check()?;
        match sections::contents(&headers, name, &mut budget) {
            Some(Unpacked::Whole(bytes)) if !bytes.is_empty() => dwarf.push((name, bytes)),
            Some(Unpacked::Whole(_)) | None => {}
            Some(Unpacked::Damaged) => broken += 1,
            Some(Unpacked::TooLong) => excess += 1,
        }
    }
    let mut only_exports = false;
    if symbols.is_empty() && dwarf.is_empty() {
        let (found, cut) = symbols::exports(&headers);
        symbols = found;
        excess += cut;
        only_exports = !symbols.is_empty();
    }
    Ok(Image {
        os: "windows",
        arch: build.arch,
        debug_id: build.debug_id,
        code_id: build.code_id.clone(),
        base: headers.base,
        code: code(&headers),
        symbols,
        functions: described(file, build),
        only_exports,
        size: headers.bytes.len() as u64,
        dwarf,
        broken,
        excess,
        ..Image::default()
    })
}

/// Sections of code, sorted, relative to the base, without overlaps.
fn code(headers: &Headers<'_>) -> Vec<(u64, u64)> {
    let code = headers.sections.iter().filter(|section| section.is_code);
    let mut code: Vec<(u64, u64)> = code
        .map(|section| (u64::from(section.address), u64::from(section.address) + u64::from(section.size)))
        .collect();
    ranges::cut(&mut code);
    code
}

/// The functions in the unwind tables of the file.
fn described<'d>(file: &'d [u8], build: &Build) -> Described<'d> {
    let build = build.clone();
    Described::of(move || unwind::unwind_tables(file, &build))
}
