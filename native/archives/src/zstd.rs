//! Streams of zstd (RFC 8878).

use std::io::{self, BufRead, Read, Write};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::bounded;

/// The largest window that a frame may ask for: that of the highest usual level, and of `--long`.
const WINDOW_BYTES: u64 = 128 << 20;
/// The first byte of the magic of frames to be skipped, without its last four bits; and its other bytes.
const SKIPPED: (u8, [u8; 3]) = (0x50, [0x2a, 0x4d, 0x18]);

/// Decompress frames one after the other; those to be skipped hold no data. Returns the number of bytes written.
///
/// # Errors
/// The stream is damaged, or becomes more than `limit` bytes; those of the reader and the writer.
pub fn decompress_zstd(mut from: impl BufRead, to: &mut dyn Write, limit: u64) -> io::Result<u64> {
    let mut written = 0;
    while !from.fill_buf()?.is_empty() {
        let mut magic = [0; 4];
        from.read_exact(&mut magic)?;
        if magic[0] & 0xf0 == SKIPPED.0 && magic[1..] == SKIPPED.1 {
            let mut length = [0; 4];
            from.read_exact(&mut length)?;
            let length = u64::from(u32::from_le_bytes(length));
            if io::copy(&mut from.by_ref().take(length), &mut io::sink())? < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            continue;
        }
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW_BYTES);
        let mut frame = io::Cursor::new(magic).chain(from.by_ref());
        let stream = StreamingDecoder::new_with_decoder(&mut frame, decoder).map_err(io::Error::other)?;
        written += bounded::copy(stream, to, limit.saturating_sub(written))?;
    }
    Ok(written)
}
