//! The lines of a text, with their numbers.

/// A line longer than this is cut: no run-time prints such, and minified JavaScript needs none of it.
const MAX_LINE: usize = 64 << 10;

/// Lines that can be looked at before they are taken.
#[derive(Clone, Debug)]
pub(super) struct Lines<'t> {
    rest: Option<&'t str>,
    number: usize,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Lines { rest: Some(text.strip_prefix('\u{feff}').unwrap_or(text)), number: 0 }
    }

    /// Number of the line last taken, from 1.
    pub(super) fn number(&self) -> usize {
        self.number
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.rest?;
        let end = memchr::memchr(b'\n', rest.as_bytes());
        let line = end.map_or(rest, |end| &rest[..end]);
        self.rest = end.map(|end| &rest[end + 1..]).filter(|rest| !rest.is_empty());
        self.number += 1;
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut end = line.len().min(MAX_LINE);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        Some(&line[..end])
    }
}

/// Columns of white space at a line's start; a tab counts as four.
pub(super) fn indent(line: &str) -> usize {
    line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).map(|byte| if byte == b'\t' { 4 } else { 1 }).sum()
}
