//! Streams of zlib (RFC 1950).

use std::io;

use flate2::{Compress, Compression, FlushCompress, Status};

/// What a stream has beside its data, and more.
const FRAME: usize = 64;

/// Compress each of many small texts into a stream of its own, with one compressor, whose making takes as long as a text.
///
/// # Errors
/// Those of the compressor, which has none for bytes in memory.
pub fn deflate_each<'t>(texts: impl IntoIterator<Item = &'t [u8]>) -> io::Result<Vec<Vec<u8>>> {
    let mut compressor = Compress::new(Compression::fast(), true);
    let one = |text: &[u8]| {
        compressor.reset();
        let mut stream = Vec::with_capacity(text.len() + text.len() / 8 + FRAME);
        let mut rest = text;
        while compressor.compress_vec(rest, &mut stream, FlushCompress::Finish)? != Status::StreamEnd {
            rest = usize::try_from(compressor.total_in()).ok().and_then(|read| text.get(read..)).unwrap_or_default();
            stream.reserve(text.len() + FRAME);
        }
        Ok(stream)
    };
    texts.into_iter().map(one).collect()
}
