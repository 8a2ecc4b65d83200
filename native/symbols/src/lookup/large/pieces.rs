//! Ranges that overlap, cut into pieces that do not.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A range of addresses that something stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// First address.
    pub(crate) start: u64,
    /// One past the last address.
    pub(crate) end: u64,
    /// The number of what it stands for.
    pub(crate) of: u32,
}

/// Make ranges disjoint and sorted: of all that cover an address, the one with the lowest number has it.
pub(crate) fn lowest_first(mut ranges: Vec<Piece>) -> Vec<Piece> {
    ranges.retain(|range| range.start < range.end);
    if ranges.windows(2).all(|pair| pair[0].end <= pair[1].start) {
        return ranges;
    }
    ranges.sort_unstable_by_key(|range| range.start);
    let mut out: Vec<Piece> = Vec::with_capacity(ranges.len());
    // Those that began and have not ended: number and end.
    let mut open: BinaryHeap<Reverse<(u32, u64)>> = BinaryHeap::new();
    let mut next = ranges.iter().peekable();
    let mut at = 0;
    loop {
        while open.peek().is_some_and(|&Reverse((_, end))| end <= at) {
            open.pop();
        }
        if open.is_empty() {
            let Some(first) = next.peek() else { return out };
            at = at.max(first.start);
        }
        while let Some(range) = next.next_if(|range| range.start <= at) {
            open.push(Reverse((range.of, range.end)));
        }
        let Some(&Reverse((of, end))) = open.peek() else { return out };
        let end = next.peek().map_or(end, |range| end.min(range.start));
        if end > at {
            match out.last_mut().filter(|last| last.of == of && last.end == at) {
                Some(last) => last.end = end,
                None => out.push(Piece { start: at, end, of }),
            }
            at = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_address_has_the_first(ranges in prop::collection::vec((0u64..60, 0u64..30, 0u32..9), 0..12)) {
            let ranges: Vec<Piece> =
                ranges.into_iter().map(|(start, size, of)| Piece { start, end: start + size, of }).collect();
            let pieces = lowest_first(ranges.clone());
            prop_assert!(pieces.windows(2).all(|pair| pair[0].end <= pair[1].start));
            for at in 0..100 {
                let of = |all: &[Piece]| all.iter().filter(|p| p.start <= at && at < p.end).map(|p| p.of).min();
                prop_assert_eq!(of(&pieces), of(&ranges));
            }
        }
    }
}
