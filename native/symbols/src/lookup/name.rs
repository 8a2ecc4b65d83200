//! Names as text.

use std::borrow::Cow;

/// What stands for a name the file does not give; Breakpad writes the same.
pub const OMITTED: &str = "<name omitted>";

/// A name for people: bytes that are not UTF-8 replaced, NUL bytes shown as `_` (as in Breakpad),
/// and [`OMITTED`] if there is none.
pub(crate) fn name(bytes: &[u8]) -> Cow<'_, str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    };
    if memchr::memchr(0, text.as_bytes()).is_some() { Cow::Owned(text.replace('\0', "_")) } else { text }
}

/// [`name`] of a function.
pub(crate) fn function_name(bytes: &[u8]) -> Cow<'_, str> {
    if bytes.is_empty() { Cow::Borrowed(OMITTED) } else { name(bytes) }
}
