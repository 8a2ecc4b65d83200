//! Ranges of addresses and which record each address belongs to.

use std::cmp::Reverse;

use vocabulary::ranges::{Claim, half_open};

/// A range of addresses and the record that covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// First address.
    pub(super) start: u64,
    /// One past the last address.
    pub(super) end: u64,
    /// Offset of the record in the text, with flags ([`super::table::Value`]).
    pub(super) at: u64,
}

/// Of all extents that cover an address, the one that starts last has it, of those the shortest, of those the first in
/// the file.
///
/// Breakpad drops a function that overlaps one before it in the file, rust-minidump one that sorts
/// after it; both lose nested functions. Here the outer function has the addresses that the inner one leaves.
impl Claim for Extent {
    type Rank = (Reverse<u64>, u64, u64);

    fn bounds(&self) -> (u64, u64) {
        half_open(self.start, self.end)
    }

    fn rank(&self) -> Self::Rank {
        (Reverse(self.start), self.end, self.at)
    }

    fn part(&self, first: u64, last: u64) -> Self {
        Self { start: first, end: last + 1, at: self.at }
    }
}

/// `first`, with its gaps filled from `second`. Both are sorted and disjoint, and so is the result.
pub(super) fn fill_gaps<'a>(first: &'a [Extent], second: &'a [Extent]) -> impl Iterator<Item = Extent> + 'a {
    let mut firsts = first.iter().copied().peekable();
    let mut seconds = second.iter().copied();
    // The rest of the range of `second` that is being distributed.
    let mut rest: Option<Extent> = None;
    std::iter::from_fn(move || {
        loop {
            let Some(range) = rest.as_mut().filter(|range| range.start < range.end) else {
                rest = seconds.next();
                if rest.is_none() {
                    return firsts.next();
                }
                continue;
            };
            if let Some(before) = firsts.next_if(|f| f.end <= range.start) {
                return Some(before);
            }
            match firsts.peek() {
                Some(f) if f.start <= range.start => range.start = f.end,
                next => {
                    let end = next.map_or(range.end, |f| f.start.min(range.end));
                    let piece = Extent { end, ..*range };
                    range.start = end;
                    return Some(piece);
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::ranges::disjoint;

    fn extents(list: &[(u64, u64, u64)]) -> Vec<Extent> {
        list.iter().map(|&(start, end, at)| Extent { start, end, at }).collect()
    }

    #[test]
    fn nested_ranges_split_the_outer() {
        let flat = disjoint(extents(&[(0, 100, 1), (20, 30, 2), (20, 25, 3), (90, 120, 4), (20, 30, 5), (7, 7, 6)]));
        assert_eq!(flat, extents(&[(0, 20, 1), (20, 25, 3), (25, 30, 2), (30, 90, 1), (90, 120, 4)]));
    }

    #[test]
    fn gaps_are_filled() {
        let first = extents(&[(10, 20, 1), (30, 40, 2)]);
        let second = extents(&[(5, 12, 3), (15, 35, 4), (36, 38, 5), (39, 60, 6)]);
        assert_eq!(
            fill_gaps(&first, &second).collect::<Vec<_>>(),
            extents(&[(5, 10, 3), (10, 20, 1), (20, 30, 4), (30, 40, 2), (40, 60, 6)])
        );
    }
}
