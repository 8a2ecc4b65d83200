//! Functions that were looked up twice, decoded.
//!
//! Most functions of a file are never looked up, and of the others most once or again and again. The second look-up in a function
//! decodes its lines and inlined calls, and later ones search these. A result is the same either way. What is kept stays as long as
//! the symbols do; [`KeptBytes`] limits it.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::block::{Block, Entry};
use super::inline_site::{InlineSite, MAX_CALLS};
use super::kept_bytes::KeptBytes;
use super::line_ref::LineRef;
use super::symbol::Symbol;
use vocabulary::ranges::{Span, disjoint};

/// Functions of a group.
const GROUP: usize = 64;

/// The decoded functions of a file, by their number in the table of symbols.
#[derive(Default)]
pub(super) struct Kept {
    groups: OnceLock<Box<[Group]>>,
    bytes: KeptBytes,
}

#[derive(Default)]
struct Group {
    /// A bit for each function that was looked up.
    touched: AtomicU64,
    /// None for a function that cannot be decoded, so that it is not tried again.
    functions: OnceLock<Box<[Decoded; GROUP]>>,
}

type Decoded = OnceLock<Option<Box<KeptFunction>>>;

impl Kept {
    /// A function that is kept.
    #[inline]
    pub(super) fn get(&self, number: usize) -> Option<&KeptFunction> {
        let group = self.groups.get()?.get(number / GROUP)?;
        group.functions.get()?.get(number % GROUP)?.get()?.as_deref()
    }

    /// Note that a function was looked up, and keep it if that is not the first time. There are `count` functions.
    #[inline]
    pub(super) fn touch(
        &self,
        number: usize,
        count: usize,
        decode: impl FnOnce() -> Option<KeptFunction>,
    ) -> Option<&KeptFunction> {
        let groups = self.groups.get_or_init(|| (0..count.div_ceil(GROUP)).map(|_| Group::default()).collect());
        let group = groups.get(number / GROUP)?;
        let bit = 1 << (number % GROUP);
        if group.touched.load(Ordering::Relaxed) & bit == 0 {
            group.touched.fetch_or(bit, Ordering::Relaxed);
            return None;
        }
        self.keep(group, number % GROUP, decode)
    }

    #[cold]
    fn keep<'s>(
        &'s self,
        group: &'s Group,
        place: usize,
        decode: impl FnOnce() -> Option<KeptFunction>,
    ) -> Option<&'s KeptFunction> {
        if !self.bytes.has_room() {
            return None;
        }
        let functions = group.functions.get_or_init(|| {
            self.bytes.add(size_of::<[Decoded; GROUP]>());
            Box::new([const { OnceLock::new() }; GROUP])
        });
        let decoded = || {
            let function = decode()?;
            self.bytes.add(function.bytes());
            Some(Box::new(function))
        };
        functions.get(place)?.get_or_init(decoded).as_deref()
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// The lines and inlined calls of a function. Addresses count from its start.
#[derive(Debug)]
pub(super) struct KeptFunction {
    /// Offset of its record.
    pub(super) record: u64,
    /// First address.
    pub(super) start: u64,
    /// Sorted; each reaches to the next one.
    lines: Box<[Line]>,
    /// In the order of the file.
    ranges: Box<[CallRange]>,
    /// The calls of these ranges; their sizes are not set.
    calls: Box<[InlineSite]>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    start: u32,
    line: u32,
    /// [`NO_LINE`] with a file of the same number: no line.
    file: u32,
}

const NO_LINE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct CallRange {
    start: u32,
    size: u32,
    call: u32,
}

impl KeptFunction {
    /// Decode the block of a function. `None`: it has something unusual, or is a large one, of which others make more.
    pub(super) fn decode<'a>(symbol: &Symbol<'_>, mut block: impl Block<'a>) -> Option<Self> {
        let offset = |address: u64| u32::try_from(address.checked_sub(symbol.start)?).ok();
        let (mut records, mut spans) = (Vec::new(), Vec::new());
        let (mut ranges, mut calls) = (Vec::new(), Vec::new());
        while let Some(entry) = block.next() {
            if block.is_large() {
                return None;
            }
            match entry {
                Entry::Line(line) => {
                    let end = line.address.checked_add(line.size)?;
                    spans.push(Span { start: line.address, end, rank: records.len() });
                    records.push(LineRef::of(&line));
                }
                Entry::Inline(inline) => {
                    let call = u32::try_from(calls.len()).ok()?;
                    let mut usual = true;
                    inline.each_range(|start, size| {
                        let range = offset(start).zip(u32::try_from(size).ok());
                        ranges.extend(range.map(|(start, size)| CallRange { start, size, call }));
                        usual &= range.is_some();
                        usual
                    });
                    if !usual {
                        return None;
                    }
                    calls.push(InlineSite::new(&inline, 0));
                }
            }
        }
        let mut lines: Vec<Line> = Vec::with_capacity(spans.len() + 1);
        let mut ended = None;
        for piece in disjoint(spans) {
            let record = records.get(piece.rank)?;
            let unusual = record.address != piece.start || (record.line, record.file) == (NO_LINE, NO_LINE);
            if unusual {
                return None;
            }
            if let Some(end) = ended.filter(|&end| end != piece.start) {
                lines.push(Line { start: offset(end)?, line: NO_LINE, file: NO_LINE });
            }
            lines.push(Line { start: offset(piece.start)?, line: record.line, file: record.file });
            ended = Some(piece.end);
        }
        if let Some(end) = ended {
            lines.push(Line { start: offset(end)?, line: NO_LINE, file: NO_LINE });
        }
        let (lines, ranges, calls) = (lines.into(), ranges.into(), calls.into());
        Some(Self { record: symbol.offset as u64, start: symbol.start, lines, ranges, calls })
    }

    fn bytes(&self) -> usize {
        let lists = size_of_val::<[Line]>(&self.lines) + size_of_val::<[CallRange]>(&self.ranges);
        size_of::<Self>() + lists + size_of_val::<[InlineSite]>(&self.calls)
    }

    /// The line record that covers an address.
    #[inline]
    pub(super) fn line_at(&self, rva: u64) -> Option<LineRef> {
        let offset = rva.checked_sub(self.start)?;
        let after = self.lines.partition_point(|line| u64::from(line.start) <= offset);
        let line = self.lines.get(after.checked_sub(1)?).filter(|line| (line.line, line.file) != (NO_LINE, NO_LINE))?;
        Some(LineRef { address: self.start + u64::from(line.start), line: line.line, file: line.file })
    }

    /// Append the calls that cover an address, in the order of the file, until there are too many.
    #[inline]
    pub(super) fn calls_at(&self, rva: u64, out: &mut Vec<InlineSite>) {
        let Some(offset) = rva.checked_sub(self.start).and_then(|offset| u32::try_from(offset).ok()) else { return };
        let mut last = None;
        for range in &self.ranges {
            // The first of a call's ranges counts.
            let covers = offset >= range.start && offset - range.start < range.size;
            if covers && last != Some(range.call) && out.len() <= MAX_CALLS {
                last = Some(range.call);
                let call = self.calls.get(range.call as usize);
                out.extend(call.map(|call| InlineSite { size: range.size.into(), ..*call }));
            }
        }
    }
}
