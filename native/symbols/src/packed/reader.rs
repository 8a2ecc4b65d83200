//! Reading a block.

use super::varint::{apply, read};
use super::{HAS_FILE, HAS_START};
use crate::breakpad::number::low32;

/// A record of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PackedEntry<'a> {
    Inline(PackedInline<'a>),
    Line(PackedLine),
}

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedLine {
    pub(crate) address: u64,
    pub(crate) size: u64,
    pub(crate) line: u32,
    pub(crate) file: u32,
}

/// An inlined call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedInline<'a> {
    pub(crate) depth: u32,
    pub(crate) call_line: u32,
    pub(crate) call_file: Option<u32>,
    pub(crate) origin: Option<u32>,
    /// The function's first address.
    start: u64,
    ranges: &'a [u8],
}

impl PackedInline<'_> {
    /// (address, size) pairs.
    #[inline]
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let (mut end, mut at) = (self.start, 0);
        std::iter::from_fn(move || {
            let start = apply(end, read(self.ranges, &mut at)?);
            let size = read(self.ranges, &mut at)?;
            end = start.wrapping_add(size);
            Some((start, size))
        })
    }
}

/// The records of a block, in its order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedBlock<'a> {
    bytes: &'a [u8],
    at: usize,
    start: u64,
    in_lines: bool,
    /// End, line number and file of the line before.
    end: u64,
    line: u32,
    file: u32,
}

impl<'a> PackedBlock<'a> {
    /// The block that `bytes` begin with, of a function that begins at `start`.
    pub(crate) const fn new(bytes: &'a [u8], start: u64) -> Self {
        Self { bytes, at: 0, start, in_lines: false, end: start, line: 0, file: 0 }
    }

    /// How many bytes were read.
    #[inline]
    pub(crate) const fn used(&self) -> usize {
        self.at
    }

    #[inline]
    fn number(&mut self) -> Option<u64> {
        read(self.bytes, &mut self.at)
    }

    /// The next inlined call; `None` at their end, which is consumed, or at the end of the bytes.
    #[inline]
    fn inline(&mut self) -> Option<PackedInline<'a>> {
        let bytes = usize::try_from(self.number()?).ok().filter(|&bytes| bytes > 0)?;
        let (depth, call_line) = (low32(self.number()?), low32(self.number()?));
        let (call_file, origin) = (self.number()?.checked_sub(1), self.number()?.checked_sub(1));
        let ranges = self.bytes.get(self.at..)?.get(..bytes)?;
        self.at += bytes;
        let (call_file, origin) = (call_file.map(low32), origin.map(low32));
        Some(PackedInline { depth, call_line, call_file, origin, start: self.start, ranges })
    }

    #[inline]
    fn next_line(&mut self) -> Option<PackedLine> {
        let size = self.number().filter(|&size| size > 0)?;
        let line = self.number()?;
        let address = if line & HAS_START == 0 { self.end } else { apply(self.end, self.number()?) };
        if line & HAS_FILE != 0 {
            self.file = low32(apply(self.file.into(), self.number()?));
        }
        self.line = low32(apply(self.line.into(), line >> 2));
        self.end = address.wrapping_add(size);
        Some(PackedLine { address, size, line: self.line, file: self.file })
    }
}

impl<'a> Iterator for PackedBlock<'a> {
    type Item = PackedEntry<'a>;

    #[inline]
    fn next(&mut self) -> Option<PackedEntry<'a>> {
        if !self.in_lines {
            if let Some(inline) = self.inline() {
                return Some(PackedEntry::Inline(inline));
            }
            self.in_lines = true;
        }
        let line = self.next_line();
        if line.is_none() {
            // The bytes that follow belong to another record.
            self.bytes = self.bytes.get(..self.at).unwrap_or_default();
        }
        line.map(PackedEntry::Line)
    }
}
