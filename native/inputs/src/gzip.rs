//! Inputs that are gzip-compressed.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::notes::Notes;
use crate::{Error, limits};

/// Whether the bytes begin like a gzip stream.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// What the bytes decompress to. What comes before a damaged or cut place is used, and told.
///
/// # Errors
///
/// If nothing could be decompressed, or if it becomes more than it can be for a crash.
pub(crate) fn decompress(bytes: &[u8], notes: &mut Notes) -> Result<Vec<u8>, Error> {
    let allowed = limits::GZIP_BYTES.min(limits::GZIP_FREE_BYTES.max(bytes.len().saturating_mul(limits::GZIP_RATIO)));
    let mut out = Vec::new();
    let result = MultiGzDecoder::new(bytes).take(allowed as u64 + 1).read_to_end(&mut out);
    if out.len() > allowed {
        return Err(Error::Gzip(format!(
            "{} bytes became more than {allowed}; that is taken for an attack, decompress it yourself if it is none",
            bytes.len()
        )));
    }
    if let Err(error) = result {
        if out.is_empty() {
            return Err(Error::Gzip(error.to_string()));
        }
        let place = format!("byte {} after decompression", out.len());
        notes.tell(|| place, format!("the gzip stream ends here: {error}"));
    }
    Ok(out)
}
