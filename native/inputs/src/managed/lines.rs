//! The lines of a text, with their numbers, without what a log puts before them.

use super::logcat;

/// A line longer than this is cut: no run-time prints such, and minified JavaScript needs none of it.
const MAX_LINE: usize = 64 << 10;

/// Lines that can be looked at before they are taken.
#[derive(Clone, Debug)]
pub(super) struct Lines<'t> {
    rest: Option<&'t str>,
    number: usize,
    /// Tag and process of the only lines of a log that are read.
    writer: Option<(&'t str, Option<u32>)>,
    /// The last line of the log was one that is read; lines without a head continue it.
    wanted: bool,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let writer = logcat::writer_of_crash(text);
        Lines { rest: Some(text), number: 0, writer, wanted: writer.is_none() }
    }

    /// Number of the line last taken, from 1.
    pub(super) fn number(&self) -> usize {
        self.number
    }
}

impl<'t> Lines<'t> {
    /// The next line as it is.
    fn raw(&mut self) -> Option<&'t str> {
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

impl<'t> Iterator for Lines<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            let line = self.raw()?;
            let entry = logcat::entry(line);
            if let (Some(entry), Some(writer)) = (entry, self.writer) {
                self.wanted = writer == (entry.tag, entry.pid);
            }
            if self.wanted {
                return Some(without_runtime(entry.map_or(line, |entry| entry.text)));
            }
        }
    }
}

/// A line without what Mono puts before its own lines: `[mono-rt] [ERROR] FATAL UNHANDLED EXCEPTION: …`.
fn without_runtime(line: &str) -> &str {
    line.strip_prefix("[mono-rt] ").unwrap_or(line)
}

/// Columns of white space at a line's start; a tab counts as four.
pub(super) fn indent(line: &str) -> usize {
    line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).map(|byte| if byte == b'\t' { 4 } else { 1 }).sum()
}
