//! A copy that ends at a limit.

use std::io::{self, Read, Write};

/// Copy everything, and at most `limit` bytes. Returns their number.
///
/// # Errors
/// There are more bytes; those of the reader and the writer.
pub(crate) fn copy(from: impl Read, to: &mut dyn Write, limit: u64) -> io::Result<u64> {
    let copied = io::copy(&mut from.take(limit.saturating_add(1)), to)?;
    if copied > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "unpacks to more than it may"));
    }
    Ok(copied)
}
