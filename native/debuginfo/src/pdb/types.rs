//! Streams of type records (TPI) and of id records (IPI), read where they are needed.
//!
//! Records follow each other without a table of all of them; a second stream has the offsets of some. Between two of these,
//! a run of records is scanned when one of them is first needed, and then never again: 30 answers read a few kilobytes of
//! 44 MB, and all answers together read no byte twice.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::msf::{Msf, Stream};
use crate::fields::Fields;

/// The number of the first record of a stream in all files that are known. Lower ones are of simple types.
const FIRST: u32 = 0x1000;
/// Bytes of a run, at least. Linkers give an offset for 8 KiB; nearer ones are joined.
const RUN: usize = 4096;

/// A stream of records.
#[derive(Debug, Default)]
pub(super) struct Types<'m> {
    /// `None`: there is no such stream, or its head is damaged.
    stream: Option<Stream<'m>>,
    /// The number after the last record.
    end: u32,
    /// Runs of records, by their numbers.
    runs: Vec<Run>,
}

#[derive(Debug)]
struct Run {
    /// Number of its first record.
    first: u32,
    /// Where it begins, and where the next begins.
    start: usize,
    end: usize,
    /// Where its records begin, from `start` on.
    offsets: OnceLock<Vec<u32>>,
}

impl<'m> Types<'m> {
    /// Read the head of a stream: 2 for types, 4 for ids.
    pub(super) fn of(msf: &'m Msf<'_>, number: u16) -> Self {
        Self::read(msf, number).unwrap_or_default()
    }

    fn read(msf: &'m Msf<'_>, number: u16) -> Option<Self> {
        let stream = msf.stream(number)?;
        let head = stream.range(0, 56)?;
        let head = Fields(&head);
        let (start, first, end) = (head.size(4)?, head.u32(8)?, head.u32(12)?);
        let limit = start.checked_add(head.size(16)?)?.min(stream.len());
        if first < FIRST || end < first || start > limit {
            return None;
        }
        let mut runs = vec![Run { first, start, end: limit, offsets: OnceLock::new() }];
        let (at, length) = (head.size(40)?, head.size(44)?);
        let known = head.u16(20).and_then(|stream| msf.stream(stream)?.range(at, length)).unwrap_or_default();
        for pair in known.as_chunks::<8>().0 {
            let pair = Fields(pair);
            let (Some(number), Some(offset)) = (pair.u32(0), pair.size(4)) else { break };
            let Some(last) = runs.last_mut() else { break };
            let Some(here) = start.checked_add(offset).filter(|&here| here < limit) else { break };
            // Numbers and offsets must ascend; other entries are skipped.
            if number <= last.first || number >= end || here < last.start.saturating_add(RUN) {
                continue;
            }
            last.end = here;
            runs.push(Run { first: number, start: here, end: limit, offsets: OnceLock::new() });
        }
        Some(Self { stream: Some(stream), end, runs })
    }

    /// A record: its kind, and what follows. `None`: no record has this number.
    pub(super) fn record(&self, number: u32) -> Option<(u16, Cow<'m, [u8]>)> {
        if number >= self.end {
            return None;
        }
        let stream = self.stream?;
        let next = self.runs.partition_point(|run| run.first <= number);
        let run = self.runs.get(next.checked_sub(1)?)?;
        let offsets = run.offsets.get_or_init(|| scan(stream, run));
        let at = run.start + usize::try_from(*offsets.get(usize::try_from(number - run.first).ok()?)?).ok()?;
        let head = stream.range(at, 4)?;
        let (length, kind) = (usize::from(Fields(&head).u16(0)?), Fields(&head).u16(2)?);
        Some((kind, stream.range(at + 4, length.checked_sub(2)?)?))
    }
}

/// Where the records of a run begin.
fn scan(stream: Stream<'_>, run: &Run) -> Vec<u32> {
    let bytes = stream.range(run.start, run.end - run.start).unwrap_or_default();
    let mut offsets = Vec::with_capacity(bytes.len() / 48);
    let mut at = 0;
    while let Some(length) = Fields(&bytes).u16(at).filter(|&length| length >= 2) {
        offsets.push(u32::try_from(at).unwrap_or(u32::MAX));
        at += 2 + usize::from(length);
    }
    offsets
}
