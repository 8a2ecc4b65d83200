//! The unwind tables of a PE file: `.pdata` with the records that it leads to, and DWARF frames of other producers.

use unwind_tables::pdata::{arm64, x64};
use unwind_tables::{Builder, Image, Kind};
use vocabulary::{Arch, Os};

use super::headers::{EXCEPTIONS, Headers};
use super::sections;
use crate::Error;
use crate::compressed::Unpacked;
use crate::image::Build;
use crate::limits::{self, Budget};

/// The most bytes of a record of x86-64: 255 codes, padded, and the entry of a parent.
const RECORD: u32 = 4 + 2 * 256 + 12;

/// The unwind tables of a file; `None` if it has none, or is of an architecture whose stacks are not walked.
///
/// # Errors
/// Its headers are damaged.
pub(super) fn unwind_tables<'d>(file: &'d [u8], build: &Build) -> Result<Option<Builder<'d>>, Error> {
    let headers = Headers::read(build.bytes(file)?)?;
    let Some(arch) = arch(&headers) else { return Ok(None) };
    let mut builder = Builder::new(arch, Os::Windows, headers.base);
    // These describe epilogues, too, so they come first where there are any.
    if let Some(section) = headers.section(b".eh_frame")
        && let Some(bytes) = section.data
    {
        builder.eh_frame(section.address.into(), bytes, None);
    }
    let mut decompressed = Budget::new(limits::decompressed(build.size));
    if let Some(Unpacked::Whole(bytes)) = sections::contents(&headers, ".debug_frame", &mut decompressed) {
        builder.debug_frame(bytes);
    }
    if let Some((rva, pdata)) = pdata(&headers, arch) {
        builder.section(Kind::Pdata, rva.into(), pdata);
        records(&headers, arch, pdata, &mut builder);
        // Epilogues of x86-64 are described by nothing but the code.
        let mut budget = Budget::new(build.size);
        for section in headers.sections.iter().filter(|section| arch == Arch::Amd64 && section.is_code) {
            if let Some(code) = section.data.filter(|code| budget.take(code.len() as u64)) {
                builder.section(Kind::Code, section.address.into(), code);
            }
        }
    }
    Ok(Some(builder).filter(|builder| !builder.is_empty()))
}

fn arch(headers: &Headers<'_>) -> Option<Arch> {
    match headers.machine {
        0x014c => Some(Arch::X86),
        0x8664 => Some(Arch::Amd64),
        0xaa64 => Some(Arch::Arm64),
        _ => None,
    }
}

/// The function table and its address, without what linkers pad it with: entries of zeros.
fn pdata<'d>(headers: &Headers<'d>, arch: Arch) -> Option<(u32, &'d [u8])> {
    let (rva, size) = headers.directory(EXCEPTIONS)?;
    let bytes = headers.at(rva)?;
    let bytes = usize::try_from(size).ok().and_then(|size| bytes.get(..size)).unwrap_or(bytes);
    let entry = match arch {
        Arch::Amd64 => 12,
        Arch::Arm64 => 8,
        _ => return None,
    };
    let is_padding = |entry: &[u8]| entry.iter().all(|byte| *byte == 0);
    let padding = bytes.chunks_exact(entry).rev().take_while(|entry| is_padding(entry)).count();
    let length = (bytes.len() / entry - padding) * entry;
    Some((rva, bytes.get(..length)?))
}

struct Whole<'h, 'd>(&'h Headers<'d>);

impl Image for Whole<'_, '_> {
    fn bytes_from(&self, rva: u64) -> Option<&[u8]> {
        self.0.at(u32::try_from(rva).ok()?)
    }
}

/// Add the parts of sections that entries lead to, from the first record to the last: linkers put them side by side.
fn records<'d>(headers: &Headers<'d>, arch: Arch, pdata: &'d [u8], builder: &mut Builder<'d>) {
    let mut spans: Vec<Option<(u32, u32)>> = vec![None; headers.sections.len()];
    let mut add = |rva: u32, most: u32| {
        if headers.at(rva).is_none() {
            return;
        }
        let Some(index) = headers.section_at(rva) else { return };
        if let Some(span) = spans.get_mut(index) {
            let (first, last) = span.unwrap_or((rva, rva));
            *span = Some((first.min(rva), last.max(rva.saturating_add(most))));
        }
    };
    match arch {
        Arch::Amd64 => x64::Functions::new(pdata).iter().for_each(|function| {
            // An odd one leads to another entry; those that parts lead to are in the table themselves.
            add(function.info & !1, RECORD);
            if let Some(parent) = x64::parent(&Whole(headers), function) {
                add(parent.info & !1, RECORD);
            }
        }),
        _ => arm64::Functions::new(pdata).iter().filter(|function| function.word & 3 == 0).for_each(|function| {
            add(function.word, u32::try_from(arm64::record(&Whole(headers), function)).unwrap_or(0));
        }),
    }
    for (section, span) in headers.sections.iter().zip(spans) {
        let Some(((first, last), data)) = span.zip(section.data) else { continue };
        let inside = |rva: u32| usize::try_from(rva.saturating_sub(section.address)).unwrap_or(usize::MAX);
        let end = inside(last).min(data.len());
        if let Some(bytes) = data.get(inside(first)..end) {
            builder.section(Kind::Data, first.into(), bytes);
        }
    }
}
