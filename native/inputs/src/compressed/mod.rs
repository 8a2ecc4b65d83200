//! Inputs that are compressed: gzip, zstd, xz, bzip2, and a zip archive with one crash in it.
//!
//! What a stream may become is bounded, by its own size and absolutely, and so is the memory that reading it takes.

mod zip;

use std::io::{self, Read};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;

use crate::notes::Notes;
use crate::{Error, limits};

/// A way to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The container of LZMA2.
    Xz,
    /// Of bzip2, with the size of its blocks.
    Bzip2,
    /// An archive.
    Zip,
}

impl Format {
    /// The format that the bytes begin like.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        Some(match bytes {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Self::Bzip2,
            [b'P', b'K', 3, 4, ..] => Self::Zip,
            _ => return None,
        })
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::Zip => "zip",
        }
    }

    fn error(self, message: impl Into<String>) -> Error {
        Error::Compressed { format: self.as_str(), message: message.into() }
    }

    /// What the bytes decompress to. What comes before damage or a cut end is used, with a note.
    ///
    /// # Errors
    ///
    /// If nothing could be decompressed, if it becomes more than a crash can be, if what comes out is compressed again,
    /// or if an archive does not hold exactly one crash.
    pub(crate) fn decompress(self, bytes: &[u8], notes: &mut Notes) -> Result<Vec<u8>, Error> {
        let mut out = Output::for_input(bytes.len());
        let result = match self {
            Self::Gzip => out.append(MultiGzDecoder::new(bytes)),
            Self::Bzip2 => out.append(MultiBzDecoder::new(bytes)),
            Self::Xz => out.append(XzReader::new_mem_limit(bytes, true, limits::WINDOW_BYTES >> 10)),
            Self::Zstd => zstd(bytes, &mut out),
            Self::Zip => zip::member(bytes, notes)?.read(&mut out),
        };
        if out.bytes.len() > out.allowed {
            return Err(self.error(format!(
                "{} bytes became more than {}; that is taken for an attack, decompress it yourself if it is not one",
                bytes.len(),
                out.allowed
            )));
        }
        if let Err(error) = result {
            if out.bytes.is_empty() {
                return Err(self.error(error.to_string()));
            }
            let place = format!("byte {} after decompression", out.bytes.len());
            notes.note(|| place, format!("the {} stream ends here: {error}", self.as_str()));
        }
        if let Some(again) = Self::of(&out.bytes) {
            return Err(self.error(format!("there is another {} stream in it", again.as_str())));
        }
        Ok(out.bytes)
    }
}

/// What was decompressed so far, one byte more than allowed at the most.
struct Output {
    bytes: Vec<u8>,
    allowed: usize,
}

impl Output {
    fn for_input(size: usize) -> Self {
        let by_ratio = limits::UNPACKED_FREE_BYTES.max(size.saturating_mul(limits::UNPACKED_RATIO));
        Self { bytes: Vec::new(), allowed: limits::UNPACKED_BYTES.min(by_ratio) }
    }

    fn append(&mut self, reader: impl Read) -> io::Result<()> {
        let left = (self.allowed + 1).saturating_sub(self.bytes.len());
        reader.take(left as u64).read_to_end(&mut self.bytes).map(|_| ())
    }
}

/// Frames one after the other; those to be skipped hold no data.
fn zstd(mut bytes: &[u8], out: &mut Output) -> io::Result<()> {
    while !bytes.is_empty() && out.bytes.len() <= out.allowed {
        if let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, rest @ ..] = bytes {
            let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            bytes = rest.get(length..).ok_or(io::ErrorKind::UnexpectedEof)?;
            continue;
        }
        let mut decoder = ruzstd::decoding::FrameDecoder::new();
        decoder.set_max_window_size(u64::from(limits::WINDOW_BYTES));
        out.append(StreamingDecoder::new_with_decoder(&mut bytes, decoder).map_err(io::Error::other)?)?;
    }
    Ok(())
}
