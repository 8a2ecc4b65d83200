//! Names as text.

use std::borrow::Cow;

/// The name of a function whose name is missing; Breakpad writes the same.
pub const OMITTED: &str = "<name omitted>";

/// Bytes of a name if it has to be copied. Other names are shared with the text; a copy is made for each of
/// a thousand calls inlined at an address.
const MAX_COPY: usize = 4096;

/// A name for people: bytes that are not UTF-8 replaced, NUL bytes shown as `_` (as in Breakpad),
/// and [`OMITTED`] if the name is missing.
pub(crate) fn name(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if memchr::memchr(0, bytes).is_none() => Cow::Borrowed(text),
        _ => Cow::Owned(copy(bytes)),
    }
}

fn copy(bytes: &[u8]) -> String {
    let (start, end) = bytes.get(..=MAX_COPY).map_or((bytes, ""), |start| (&start[..MAX_COPY], "…"));
    String::from_utf8_lossy(start).replace('\0', "_") + end
}

/// [`name`] of a function.
pub(crate) fn function_name(bytes: &[u8]) -> Cow<'_, str> {
    if bytes.is_empty() { Cow::Borrowed(OMITTED) } else { name(bytes) }
}

#[cfg(test)]
mod tests {
    use super::{MAX_COPY, name};

    #[test]
    fn only_a_copy_is_cut() {
        let long = "n".repeat(2 * MAX_COPY);
        assert_eq!(name(long.as_bytes()), long.as_str());
        assert_eq!(name(b"a\xe9\0b"), "a\u{fffd}_b");
        let invalid = [b"\xe9".repeat(MAX_COPY), vec![b'n']].concat();
        assert_eq!(name(&invalid), "\u{fffd}".repeat(MAX_COPY) + "…");
        assert_eq!(name(&invalid[..MAX_COPY]), "\u{fffd}".repeat(MAX_COPY));
    }
}
