//! Where lines end.
//!
//! LF, CR LF and a lone CR end a line, as in Breakpad.

use memchr::memchr2;

/// The end of the line that holds `from`: the offset of its LF or CR, or the end of the text.
#[inline]
pub(crate) fn line_end(text: &[u8], from: usize) -> usize {
    match text.get(from..).and_then(|rest| memchr2(b'\n', b'\r', rest)) {
        Some(len) => from + len,
        None => text.len(),
    }
}

/// The start of the line after the one that ends at `end`.
#[inline]
pub(crate) fn after_eol(text: &[u8], end: usize) -> usize {
    match text.get(end..) {
        Some([b'\r', b'\n', ..]) => end + 2,
        _ => end + 1,
    }
}

/// The line that starts at an offset from an index; empty if there is none.
#[inline]
pub(crate) fn line_at(text: &[u8], offset: u64) -> &[u8] {
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
    text.get(start..line_end(text, start)).unwrap_or_default()
}
