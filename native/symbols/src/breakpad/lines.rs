//! Where lines end.
//!
//! LF, CR LF and a lone CR end a line, as in Breakpad.

use super::window::line_ends;
use memchr::memchr2;

/// The end of the line that holds `from`: the offset of its LF or CR, or the end of the text.
///
/// Most lines are short, so that one step over 64 bytes finds the end; a general search has a higher
/// start-up cost.
#[inline]
pub(crate) fn line_end(text: &[u8], from: usize) -> usize {
    let mut pos = from;
    while let Some(window) = text.get(pos..).and_then(|rest| rest.first_chunk()) {
        let ends = line_ends(window);
        if ends != 0 {
            return pos + ends.trailing_zeros() as usize;
        }
        pos += window.len();
    }
    match text.get(pos..).and_then(|rest| memchr2(b'\n', b'\r', rest)) {
        Some(len) => pos + len,
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

/// Bytes of a line that a look-up reads. Template libraries make names of 100 KiB; each frame of a report would have its
/// own copy of a crafted name of fifty million bytes.
pub(crate) const MAX_LINE: usize = 256 << 10;

/// The line that starts at an offset from an index, cut after [`MAX_LINE`] bytes; empty past the end of the text.
#[inline]
pub(crate) fn line_at(text: &[u8], offset: u64) -> &[u8] {
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
    let text = text.get(..start.saturating_add(MAX_LINE)).unwrap_or(text);
    text.get(start..line_end(text, start)).unwrap_or_default()
}

/// Bytes of a line of unwind rules. Real ones have up to some hundred; a walk reads one again for each frame.
pub(crate) const MAX_RULES: usize = 4 << 10;

/// The line of unwind rules that starts at an offset; `None` if it is longer than [`MAX_RULES`].
#[inline]
pub(crate) fn rules_line_at(text: &[u8], offset: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    let within = text.get(start..)?;
    let within = within.get(..MAX_RULES).unwrap_or(within);
    let end = line_end(within, 0);
    if end == MAX_RULES { None } else { within.get(..end) }
}
