//! Lines that only Python's `traceback` prints.

use super::{Line, is_identifier, is_number};

/// Columns before a frame, unless bars of a group stand there.
const DEEPEST: usize = 8;

/// What a line says; see [`Line`]. A frame's file and line stand in quotes and words that nothing else has, but for the
/// position of a syntax error: that has no `in`.
pub(super) fn line(line: &str) -> Option<Line> {
    let text = line.trim_start_matches([' ', '\t', '|', '+']).trim_end();
    if text.ends_with("Traceback (most recent call last):") {
        return Some(Line::Head);
    }
    let Some(rest) = text.strip_prefix("File \"") else {
        let name = text.split_once(": ").map_or(text, |(name, _)| name);
        let is_error = is_identifier(name) && (name.ends_with("Error") || name.ends_with("Exception"));
        return is_error.then_some(Line::Head);
    };
    // The frame is indented below its header, and the whole trace is not: examples in a source file's comments are.
    let indented = super::super::lines::indent(line);
    if indented == 0 || (indented > DEEPEST && !line.contains('|')) {
        return None;
    }
    let (file, rest) = rest.split_once("\", line ")?;
    let (number, function) = match rest.split_once(", in ") {
        Some((number, function)) => (number, Some(function)),
        None => (rest, None),
    };
    let function = function.is_none_or(|name| !name.is_empty() && !name.contains(['"', ' ']));
    (!file.is_empty() && is_number(number) && function).then_some(Line::BareFrame)
}
