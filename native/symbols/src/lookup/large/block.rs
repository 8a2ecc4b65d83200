//! The lines and inlined calls of a large function.

use vocabulary::ranges::{Span, disjoint};

use crate::lookup::block::{Block, Entry, InlineEntry};
use crate::lookup::inline_site::{InlineSite, MAX_CALLS};
use crate::lookup::line_ref::LineRef;

/// The block of a function, to be searched.
#[derive(Debug, Default)]
pub(crate) struct LargeBlock {
    lines: Vec<LineRef>,
    /// Which line has which addresses, sorted and disjoint.
    line_pieces: Vec<Span<u32>>,
    /// Calls in the order of the file; their sizes are not set.
    calls: Vec<InlineSite>,
    /// Which call has which addresses, sorted by start: those of one INLINE record are disjoint, others may overlap.
    call_pieces: Vec<CallPiece>,
    /// A tree over `call_pieces`: the largest end of each node's pieces. Node 1 is the root, 2n and 2n + 1 are below n.
    ends: Vec<u64>,
}

/// Addresses of a call.
#[derive(Clone, Copy, Debug)]
struct CallPiece {
    start: u64,
    end: u64,
    /// Bytes of the range in the record.
    size: u64,
    call: u32,
}

impl LargeBlock {
    /// Read the block of a function.
    pub(crate) fn read<'a>(block: impl Block<'a>) -> Self {
        let mut this = Self::default();
        let mut line_ranges = Vec::new();
        for entry in block {
            match entry {
                Entry::Line(line) => {
                    line_ranges.push(piece(line.address, line.size, this.lines.len()));
                    this.lines.push(LineRef::of(&line));
                }
                Entry::Inline(inline) => {
                    let call = number(this.calls.len());
                    this.calls.push(InlineSite::new(&inline, 0));
                    this.add_ranges(&inline, call);
                }
            }
        }
        this.line_pieces = disjoint(line_ranges);
        this.call_pieces.sort_by_key(|piece| piece.start);
        let leaves = this.call_pieces.len().next_power_of_two();
        this.ends = vec![0; leaves];
        this.ends.extend(this.call_pieces.iter().map(|piece| piece.end));
        this.ends.resize(2 * leaves, 0);
        for node in (1..leaves).rev() {
            this.ends[node] = this.ends[2 * node].max(this.ends[2 * node + 1]);
        }
        this
    }

    fn add_ranges(&mut self, inline: &InlineEntry<'_>, call: u32) {
        let (mut ranges, mut sizes) = (Vec::new(), Vec::new());
        inline.each_range(|start, size| {
            ranges.push(piece(start, size, ranges.len()));
            sizes.push(size);
            true
        });
        let pieces = disjoint(ranges);
        self.call_pieces.extend(pieces.iter().map(|&Span { start, end, rank }| {
            let size = sizes.get(rank as usize).copied().unwrap_or(0);
            CallPiece { start, end, size, call }
        }));
    }

    /// The line record that covers an address.
    pub(crate) fn line_at(&self, rva: u64) -> Option<LineRef> {
        let after = self.line_pieces.partition_point(|piece| piece.start <= rva);
        let piece = self.line_pieces.get(after.checked_sub(1)?).filter(|piece| rva < piece.end)?;
        self.lines.get(piece.rank as usize).copied()
    }

    /// Append the calls that cover an address, in the order of the file, until there are too many.
    pub(crate) fn calls_at(&self, rva: u64, out: &mut Vec<InlineSite>) {
        let leaves = self.ends.len() / 2;
        let begun = self.call_pieces.partition_point(|piece| piece.start <= rva);
        let mut found: Vec<(u32, u64)> = Vec::new();
        // Nodes to visit, with the first leaf of each and its number of leaves.
        let mut open = vec![(1, 0, leaves)];
        while let Some((node, first, count)) = open.pop() {
            if first >= begun || self.ends.get(node).is_none_or(|&end| end <= rva) {
                continue;
            }
            if count > 1 {
                open.push((2 * node, first, count / 2));
                open.push((2 * node + 1, first + count / 2, count / 2));
            } else if let Some(piece) = self.call_pieces.get(first) {
                found.push((piece.call, piece.size));
                if found.len() > MAX_CALLS {
                    break;
                }
            }
        }
        found.sort_unstable();
        out.extend(
            found.iter().filter_map(|&(call, size)| Some(InlineSite { size, ..*self.calls.get(call as usize)? })),
        );
    }
}

fn piece(start: u64, size: u64, of: usize) -> Span<u32> {
    Span { start, end: start.saturating_add(size), rank: number(of) }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
