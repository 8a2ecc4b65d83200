//! The two kinds of lists that streams hold: a plain count, and a header that states its own sizes.

use std::iter::Take;

use crate::directory::Stream;
use crate::faults::Faults;
use crate::reader::{u32_at, u64_at};

/// One entry of a list.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) index: usize,
    /// Offset in the file.
    pub(crate) offset: u64,
    /// At least as many bytes as the list was asked for.
    pub(crate) bytes: &'a [u8],
}

/// Entries of a list, as many as there are bytes for.
fn entries<'a>(
    stream: &Stream<'a>,
    count: u64,
    header: usize,
    entry: usize,
    faults: &mut Faults,
) -> impl ExactSizeIterator<Item = Entry<'a>> + use<'a> {
    let body = stream.bytes.get(header..).unwrap_or_default();
    let present = (body.len() / entry) as u64;
    if present < count {
        faults.add(
            stream.kind,
            None,
            stream.offset,
            format!("the list promises {count} entries, there are bytes for {present}"),
        );
    }
    let count = usize::try_from(count.min(present)).unwrap_or(0);
    let start = stream.offset + header as u64;
    body.chunks_exact(entry).take(count).enumerate().map(move |(index, bytes)| Entry {
        index,
        offset: start + (index * entry) as u64,
        bytes,
    })
}

/// Keep so many entries of a list, and report the rest.
pub(crate) fn at_most<'a, I: ExactSizeIterator<Item = Entry<'a>>>(
    entries: I,
    most: usize,
    stream: &Stream<'_>,
    faults: &mut Faults,
) -> Take<I> {
    if entries.len() > most {
        let message = format!("more than {most} entries: {} are left out", entries.len() - most);
        faults.add(stream.kind, None, stream.offset, message);
    }
    entries.take(most)
}

/// A `u32` count and entries of a fixed size. Breakpad puts four bytes of padding after the count to
/// align the entries; only the stream's size shows which.
pub(crate) fn plain<'a>(
    stream: &Stream<'a>,
    entry: usize,
    faults: &mut Faults,
) -> impl ExactSizeIterator<Item = Entry<'a>> + use<'a> {
    let count = u32_at(stream.bytes, 0);
    if count.is_none() && !stream.bytes.is_empty() {
        faults.add(stream.kind, None, stream.offset, "the list ends inside its count and is skipped");
    }
    let count = u64::from(count.unwrap_or(0));
    let padded = stream.size == count.saturating_mul(entry as u64).saturating_add(8);
    entries(stream, count, if padded { 8 } else { 4 }, entry, faults)
}

/// Where a list that states its own sizes has its count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// `u32` after the two sizes.
    Short,
    /// `u64` after the two sizes.
    Long,
}

/// A header of two sizes and a count, then entries that may be larger than those known here.
/// `known` are the bytes an entry must have.
pub(crate) fn sized<'a>(
    stream: &Stream<'a>,
    count: Count,
    known: usize,
    faults: &mut Faults,
) -> impl ExactSizeIterator<Item = Entry<'a>> + use<'a> {
    let least = if count == Count::Long { 16 } else { 12 };
    let header = u32_at(stream.bytes, 0).map_or(0, |n| n as usize);
    let entry = u32_at(stream.bytes, 4).map_or(0, |n| n as usize);
    let number = match count {
        Count::Short => u32_at(stream.bytes, 8).map(u64::from),
        Count::Long => u64_at(stream.bytes, 8),
    };
    let usable = header >= least && entry >= known;
    if !usable && !stream.bytes.is_empty() {
        faults.add(
            stream.kind,
            None,
            stream.offset,
            format!("the list's header says {header} bytes of header and {entry} of entry: it is skipped"),
        );
    }
    let number = if usable { number.unwrap_or(0) } else { 0 };
    entries(stream, number, header, entry.max(known), faults)
}
