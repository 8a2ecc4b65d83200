//! Lines that only Dart and Flutter print.

use super::super::dart;
use super::Line;

/// What a line says; see [`Line`].
pub(super) fn line(line: &str) -> Option<Line> {
    let text = dart::plain(line);
    if dart::address(text).is_some() {
        return Some(Line::Frame);
    }
    if let Some(frame) = dart::frame(text) {
        return Some(if frame.line.is_some() { Line::Frame } else { Line::BareFrame });
    }
    let is_head = text == "Unhandled exception:"
        || text.contains("] Unhandled Exception: ")
        || text.contains("EXCEPTION CAUGHT BY ");
    is_head.then_some(Line::Head)
}
