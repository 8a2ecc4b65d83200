//! A map from addresses to records, as flat sorted arrays.
//!
//! The whole address space is cut at *boundaries*. Each boundary has a value: the record that covers
//! the addresses from there to the next boundary, or [`Value::NONE`]. Boundaries are held as the low
//! 32 bits of their address; a short list of *pages* holds the first boundary of each value of the high 32
//! bits. A module under 4 GiB has one page, and a look-up is one binary search in `u32`s.

use super::extent::Extent;
use super::format::SectionRange;
use super::samples::{SAMPLE, Samples};
use super::writer::Writer;
use std::io::{Seek, Write};
use std::ops::Range;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The offset of a record in the text, in 40 bits: the offset in the lower 39, a flag above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(transparent)]
pub(crate) struct Value([u8; 5]);

impl Value {
    /// The largest offset, and so the largest text: 512 GiB.
    pub(crate) const LIMIT: u64 = (1 << 39) - 1;
    /// Set on a value; its meaning depends on the table.
    pub(crate) const FLAG: u64 = 1 << 39;
    const NONE_BITS: u64 = (1 << 40) - 1;
    /// No record.
    pub(crate) const NONE: Self = Self::new(Self::NONE_BITS);

    /// The low 40 bits.
    pub(crate) const fn new(bits: u64) -> Self {
        let [a, b, c, d, e, ..] = bits.to_le_bytes();
        Self([a, b, c, d, e])
    }

    /// The offset and the flag; `None` for [`Self::NONE`].
    #[inline]
    pub(crate) const fn get(self) -> Option<(u64, bool)> {
        let [a, b, c, d, e] = self.0;
        let bits = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]);
        if bits == Self::NONE_BITS { None } else { Some((bits & Self::LIMIT, bits & Self::FLAG != 0)) }
    }
}

/// Where the boundaries with these high 32 bits begin.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Page {
    high: U32,
    zero: U32,
    first: U64,
}

/// A table as the index holds it. Nothing in it is trusted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    pub(crate) pages: &'a [Page],
    pub(crate) starts: &'a [U32],
    pub(crate) values: &'a [Value],
}

/// The part of the address space between two boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Offset of the record in the text.
    pub(crate) offset: u64,
    /// The value's flag.
    pub(crate) flag: bool,
    /// Number of the boundary where it begins.
    pub(crate) number: usize,
}

impl<'a> Table<'a> {
    /// The record that covers an address.
    #[inline]
    pub(crate) fn find(&self, samples: &Samples, rva: u64) -> Option<Span> {
        let number = match self.locate_near(samples, rva) {
            Some(number) => number,
            None => self.locate(rva)?.0,
        };
        self.span_at(number)
    }

    /// The record that covers an address, and the addresses around it of which the same is true.
    pub(crate) fn find_with_extent(&self, samples: &Samples, rva: u64) -> (Option<Span>, Range<u64>) {
        match self.locate_near(samples, rva).or_else(|| Some(self.locate(rva)?.0)) {
            Some(number) => (self.span_at(number), self.boundary(number)..self.boundary(number + 1)),
            None => (None, 0..self.boundary(0)),
        }
    }

    #[inline]
    fn span_at(&self, number: usize) -> Option<Span> {
        let (offset, flag) = self.values.get(number)?.get()?;
        Some(Span { offset, flag, number })
    }

    /// [`Self::locate`] among the boundaries between two samples. `None` where the full search is needed:
    /// before the first, past the last, and where a page begins.
    #[inline]
    fn locate_near(&self, samples: &Samples, rva: u64) -> Option<usize> {
        let (number, page_begins) = samples.locate(rva)?;
        if page_begins {
            return None;
        }
        let first = number * SAMPLE;
        let (_, low) = split(rva);
        let within = self.starts.get(first..first + SAMPLE)?.partition_point(|start| start.get() <= low);
        (first + within).checked_sub(1)
    }

    /// Every 64th boundary, to hold in memory.
    pub(crate) fn samples(&self) -> Samples {
        let mut page = 0;
        let sample = |number: usize| {
            while self.pages.get(page + 1).is_some_and(|next| index(next.first) <= number) {
                page += 1;
            }
            let high = self.pages.get(page).map_or(0, |page| page.high.get());
            u64::from(high) << 32 | u64::from(self.starts.get(number).map_or(0, |start| start.get()))
        };
        Samples::new((0..self.starts.len()).step_by(SAMPLE).map(sample).collect())
    }

    /// The last boundary at or before an address; where the boundaries of its page end; the page's
    /// high bits.
    #[inline]
    fn locate(&self, rva: u64) -> Option<(usize, usize, u32)> {
        let (high, low) = split(rva);
        let page = self.pages.partition_point(|page| page.high.get() <= high).checked_sub(1)?;
        let next = self.pages.get(page + 1).map_or(self.starts.len(), |next| index(next.first));
        let page = self.pages.get(page)?;
        let (first, page_high) = (index(page.first), page.high.get());
        let number = if page_high == high {
            let within = self.starts.get(first..next)?.partition_point(|start| start.get() <= low);
            first.checked_add(within)?.checked_sub(1)?
        } else {
            next.checked_sub(1)?
        };
        Some((number, next, page_high))
    }

    /// The first boundary and the last.
    pub(crate) fn span(&self) -> Option<(u64, u64)> {
        let last = self.starts.len().checked_sub(1)?;
        let low = u64::from(self.starts.first()?.get());
        Some((u64::from(self.pages.first()?.high.get()) << 32 | low, self.boundary(last)))
    }

    /// The address of a boundary; the end of the address space past the last.
    fn boundary(&self, number: usize) -> u64 {
        let Some(low) = self.starts.get(number) else { return u64::MAX };
        let page = self.pages.partition_point(|page| index(page.first) <= number).checked_sub(1);
        let high = page.and_then(|page| self.pages.get(page)).map_or(0, |page| page.high.get());
        u64::from(high) << 32 | u64::from(low.get())
    }

    /// For many addresses in rising order.
    pub(crate) fn cursor(self) -> Cursor<'a> {
        Cursor { table: self, number: 0, high: 0, page_end: 0 }
    }
}

/// Finds rising addresses, each from where the last was.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    table: Table<'a>,
    /// A boundary at or before the last address.
    number: usize,
    /// The page of the last address: its high bits and where it ends.
    high: u32,
    page_end: usize,
}

impl Cursor<'_> {
    /// The record that covers an address, and where the span ends: no address before that has another
    /// record, or has one if this has none.
    #[inline]
    pub(crate) fn seek(&mut self, rva: u64) -> (Option<Span>, u64) {
        let (high, low) = split(rva);
        let starts = self.table.starts;
        let near = self.high == high && self.number < self.page_end;
        if near && starts.get(self.number).is_some_and(|start| start.get() <= low) {
            // Most steps are short: double them until they are too long.
            let ahead = starts.get(self.number..self.page_end).unwrap_or_default();
            let mut step = 1;
            while ahead.get(step).is_some_and(|start| start.get() <= low) {
                step *= 2;
            }
            let (from, to) = (step / 2, step.min(ahead.len()));
            let within = ahead.get(from..to).unwrap_or_default();
            self.number += from + within.partition_point(|start| start.get() <= low).saturating_sub(1);
        } else {
            match self.table.locate(rva) {
                Some((number, page_end, page_high)) => {
                    self.number = number;
                    self.page_end = page_end;
                    self.high = page_high;
                }
                None => return (None, self.table.boundary(0)),
            }
        }
        let next = self.number + 1;
        let end = match starts.get(next) {
            Some(low) if next < self.page_end => u64::from(self.high) << 32 | u64::from(low.get()),
            _ => self.table.boundary(next),
        };
        (self.table.span_at(self.number), end)
    }
}

/// Write the three sections of a table, from sorted, disjoint, non-empty extents, which are iterated once for each.
pub(super) fn write_table<W: Write + Seek, I: Iterator<Item = Extent>>(
    extents: impl Fn() -> I,
    out: &mut Writer<W>,
) -> [SectionRange; 3] {
    let mut pages: Vec<Page> = Vec::new();
    let mut number = 0u64;
    boundaries(extents(), |address, _| {
        let (high, _) = split(address);
        if pages.last().is_none_or(|page| page.high.get() != high) {
            pages.push(Page { high: high.into(), zero: 0.into(), first: number.into() });
        }
        number += 1;
    });
    let pages = out.section(pages.as_bytes());
    let begin = out.begin();
    boundaries(extents(), |address, _| out.put(split(address).1.to_le_bytes().as_slice()));
    let starts = out.end(begin);
    let begin = out.begin();
    boundaries(extents(), |_, value| out.put(&value.0));
    [pages, starts, out.end(begin)]
}

/// Call `each` with every boundary of the extents and its value.
fn boundaries(extents: impl Iterator<Item = Extent>, mut each: impl FnMut(u64, Value)) {
    let mut extents = extents.peekable();
    while let Some(extent) = extents.next() {
        each(extent.start, Value::new(extent.at));
        if extents.peek().is_none_or(|next| next.start != extent.end) {
            each(extent.end, Value::NONE);
        }
    }
}

fn split(address: u64) -> (u32, u32) {
    (crate::breakpad::number::low32(address >> 32), crate::breakpad::number::low32(address))
}

fn index(value: U64) -> usize {
    usize::try_from(value.get()).unwrap_or(usize::MAX)
}
