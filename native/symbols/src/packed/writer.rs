//! Writing a block.

use super::varint::{difference, put};
use super::{HAS_FILE, HAS_START};
use crate::breakpad::{Dialect, Inline, Line};

/// Writes the blocks of functions, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockWriter {
    /// The function's first address.
    start: u64,
    /// Whether a line was written, after which no inlined call may come.
    in_lines: bool,
    /// End, line number and file of the line before.
    end: u64,
    line: u32,
    file: u32,
    ranges: Vec<u8>,
}

impl BlockWriter {
    /// Begin the block of a function.
    pub(crate) fn begin(&mut self, start: u64) {
        (self.start, self.end, self.line, self.file, self.in_lines) = (start, start, 0, 0, false);
    }

    /// Append an inlined call. Those of a function come before its lines.
    pub(crate) fn inline(&mut self, inline: &Inline<'_>, out: &mut Vec<u8>) {
        debug_assert!(!self.in_lines, "inlined calls come before lines");
        if self.in_lines {
            return;
        }
        self.ranges.clear();
        let mut end = self.start;
        for (start, size) in inline.ranges.iter() {
            put(difference(end, start), &mut self.ranges);
            put(size, &mut self.ranges);
            end = start.wrapping_add(size);
        }
        if self.ranges.is_empty() {
            return;
        }
        let call_file = inline.call_file.filter(|_| inline.dialect == Dialect::New);
        let or_unknown = |id: Option<u32>| id.map_or(0, |id| u64::from(id) + 1);
        put(self.ranges.len() as u64, out);
        put(inline.depth.into(), out);
        put(inline.call_line.into(), out);
        put(or_unknown(call_file), out);
        put(or_unknown(inline.origin), out);
        out.extend_from_slice(&self.ranges);
    }

    /// Append a line.
    #[inline]
    pub(crate) fn line(&mut self, line: &Line, out: &mut Vec<u8>) {
        if line.size == 0 {
            return;
        }
        if !self.in_lines {
            self.in_lines = true;
            out.push(0);
        }
        let start = difference(self.end, line.address);
        let file = difference(self.file.into(), line.file.into());
        let has = |difference: u64, flag: u64| if difference == 0 { 0 } else { flag };
        let flags = has(start, HAS_START) | has(file, HAS_FILE);
        put(line.size, out);
        put(difference(self.line.into(), line.line.into()) << 2 | flags, out);
        if start != 0 {
            put(start, out);
        }
        if file != 0 {
            put(file, out);
        }
        (self.end, self.line, self.file) = (line.address.wrapping_add(line.size), line.line, line.file);
    }

    /// End the block.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.in_lines {
            out.push(0);
        }
        out.push(0);
    }
}
