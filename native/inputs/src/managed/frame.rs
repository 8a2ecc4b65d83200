//! What frames of all languages are put together from.

use vocabulary::path::leaf;

use crate::crash::ManagedFrame;

pub(super) fn owned(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The last part of a path or an address, without query and fragment.
pub(super) fn source_leaf(path: &str) -> &str {
    leaf(path.split(['?', '#']).next().unwrap_or(""))
}

/// A number at the end of a text, and what stands before it.
pub(super) fn trailing_number(text: &str) -> Option<(&str, u32)> {
    let start = text.len() - text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, digits) = text.split_at(start);
    Some((before, digits.parse().ok()?))
}

/// `file:12:34`, `file:12`: the file or address, line and column.
pub(super) fn position(text: &str) -> (&str, Option<u32>, Option<u32>) {
    let colon = |text| trailing_number(text).and_then(|(before, n): (&str, u32)| Some((before.strip_suffix(':')?, n)));
    match colon(text) {
        None => (text, None, None),
        Some((place, last)) => match colon(place) {
            Some((place, line)) => (place, Some(line), Some(last)),
            None => (place, Some(last), None),
        },
    }
}

/// A line between frames that is not a call.
pub(super) fn mark(line: &str) -> ManagedFrame {
    ManagedFrame { text: owned(line), mark: true, ..ManagedFrame::default() }
}
