//! The contents of sections by their names, decompressed.

use object::elf;
use object::read::CompressionFormat;

use super::headers::Headers;
use crate::compressed::{Unpacked, unpack, unpack_old};
use crate::limits::Budget;

/// The contents of a section such as `.debug_info`, which may be compressed: by flag, or as `.zdebug_info`. `None`: the
/// file has no such section.
pub(super) fn contents<'d>(headers: &Headers<'d>, name: &str, budget: &mut Budget) -> Option<Unpacked<'d>> {
    let old = name.strip_prefix(".debug").map(|rest| [".zdebug", rest].concat());
    let plain = headers.section(name.as_bytes()).map(|section| (section, false));
    let (section, is_old) = plain.or_else(|| Some((headers.section(old.as_deref()?.as_bytes())?, true)))?;
    let Some(bytes) = headers.data(section) else { return Some(Unpacked::Damaged) };
    if is_old {
        return Some(unpack_old(bytes, budget));
    }
    if !section.has(elf::SHF_COMPRESSED) {
        return Some(Unpacked::Whole(bytes.into()));
    }
    Some(match header(headers, bytes) {
        Some((format, size, data)) => unpack(format, data, size, budget),
        None => Unpacked::Damaged,
    })
}

/// What the header of a compressed section says (`Elf32_Chdr`, `Elf64_Chdr`): the format, and the size of the contents.
fn header<'d>(headers: &Headers<'_>, bytes: &'d [u8]) -> Option<(CompressionFormat, u64, &'d [u8])> {
    let format = headers.number(bytes, 0, 4)?;
    let (size, data) = match headers.is_64 {
        true => (headers.number(bytes, 8, 8)?, bytes.get(24..)?),
        false => (headers.number(bytes, 4, 4)?, bytes.get(12..)?),
    };
    let format = match u32::try_from(format).ok().map(elf::CompressionType)? {
        elf::ELFCOMPRESS_ZLIB => CompressionFormat::Zlib,
        elf::ELFCOMPRESS_ZSTD => CompressionFormat::Zstandard,
        _ => return None,
    };
    Some((format, size, data))
}
