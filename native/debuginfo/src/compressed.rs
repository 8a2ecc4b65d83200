//! Compressed sections, decompressed within a budget.

use std::borrow::Cow;
use std::io::Read as _;

use lzma_rust2::XzReader;
use object::read::{CompressedData, CompressionFormat};
use ruzstd::decoding::FrameDecoder;

use crate::limits::{self, Budget};

/// What became of a compressed section.
pub(crate) enum Unpacked<'d> {
    /// Its contents.
    Whole(Cow<'d, [u8]>),
    /// It cannot be decompressed.
    Damaged,
    /// It exceeds the budget.
    TooLong,
}

/// A section that becomes `size` bytes.
pub(crate) fn unpack<'d>(format: CompressionFormat, data: &'d [u8], size: u64, budget: &mut Budget) -> Unpacked<'d> {
    // No more than deflate can give: 258 bytes for two bits.
    if format == CompressionFormat::Zlib && size > (data.len() as u64).saturating_mul(1032) {
        return Unpacked::Damaged;
    }
    if !budget.take(size) {
        return Unpacked::TooLong;
    }
    if format == CompressionFormat::Zstandard {
        return zstd(data, size).map_or(Unpacked::Damaged, |bytes| Unpacked::Whole(bytes.into()));
    }
    let data = CompressedData { format, data, uncompressed_size: size };
    data.decompress().map_or(Unpacked::Damaged, Unpacked::Whole)
}

/// A section of the old way, whose name begins with `z`: `ZLIB`, the size in 8 bytes big-endian, the data.
pub(crate) fn unpack_old<'d>(bytes: &'d [u8], budget: &mut Budget) -> Unpacked<'d> {
    match bytes.strip_prefix(b"ZLIB").and_then(<[u8]>::split_first_chunk::<8>) {
        Some((size, data)) => unpack(CompressionFormat::Zlib, data, u64::from_be_bytes(*size), budget),
        None => Unpacked::Damaged,
    }
}

/// Frames that become `size` bytes. A frame that is compressed at once asks for a window of its whole size, which is more
/// than decoders allow by default.
pub(crate) fn zstd(data: &[u8], size: u64) -> Option<Vec<u8>> {
    let length = usize::try_from(size).ok()?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).ok()?;
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(size.max(limits::WINDOW));
    decoder.decode_all_to_vec(data, &mut bytes).ok()?;
    (bytes.len() == length).then_some(bytes)
}

/// A stream of xz, which does not say what it becomes.
pub(crate) fn unpack_xz<'d>(data: &'d [u8], budget: &mut Budget) -> Unpacked<'d> {
    let mut bytes = Vec::new();
    let window = u32::try_from(limits::WINDOW >> 10).unwrap_or(u32::MAX);
    let reader = XzReader::new_mem_limit(data, true, window);
    match reader.take(budget.left().saturating_add(1)).read_to_end(&mut bytes) {
        Err(_) => Unpacked::Damaged,
        Ok(_) if !budget.take(bytes.len() as u64) => Unpacked::TooLong,
        Ok(_) => Unpacked::Whole(bytes.into()),
    }
}
