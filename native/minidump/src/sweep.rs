//! Who owns which addresses when several spans claim them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Addresses `start..end` that are claimed. Of two claims the lower rank wins; ranks are distinct.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span<R> {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) rank: R,
}

/// Cut spans so that every claimed address is in exactly one, that of the best rank. The result is
/// sorted; it has at most twice as many spans as there were. `O(n log n)`.
pub(crate) fn pieces<R: Ord + Copy>(spans: &mut Vec<Span<R>>) -> Vec<Span<R>> {
    spans.retain(|span| span.start < span.end);
    if !spans.is_sorted_by_key(|span| span.start) {
        spans.sort_by_key(|span| span.start);
    }
    if spans.windows(2).all(|pair| pair[0].end <= pair[1].start) {
        return std::mem::take(spans);
    }
    overlapping(spans)
}

/// One sweep over the addresses where a span begins, with the open spans in a heap, the best on top.
fn overlapping<R: Ord + Copy>(spans: &[Span<R>]) -> Vec<Span<R>> {
    let mut pieces = Vec::with_capacity(spans.len());
    let mut open: BinaryHeap<Reverse<(R, usize)>> = BinaryHeap::new();
    let mut waiting = spans.iter().enumerate().peekable();
    // Everything below this address is settled.
    let mut at = 0;
    loop {
        while open.peek().is_some_and(|Reverse((_, i))| spans[*i].end <= at) {
            open.pop();
        }
        let Some(&Reverse((rank, best))) = open.peek() else {
            let Some((i, span)) = waiting.next() else { break };
            at = at.max(span.start);
            open.push(Reverse((span.rank, i)));
            continue;
        };
        // The best one's addresses count until it ends or a better one begins.
        let mut until = spans[best].end;
        while let Some((i, span)) = waiting.next_if(|(_, span)| span.start < until) {
            open.push(Reverse((span.rank, i)));
            if span.rank < rank {
                until = span.start.max(at);
            }
        }
        if until > at {
            pieces.push(Span { start: at, end: until, rank });
            at = until;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_address_goes_to_the_best_claim(
            claims in prop::collection::vec((0u64..60, 0u64..25), 0..14),
            seed in any::<u64>(),
        ) {
            // Ranks in some order that has nothing to do with the addresses.
            let rank = |i: usize| ((i as u64 + 1).wrapping_mul(seed | 1), i);
            let claim = |(i, (start, size)): (usize, &(u64, u64))| Span { start: *start, end: start + size, rank: rank(i) };
            let all: Vec<_> = claims.iter().enumerate().map(claim).collect();
            let pieces = pieces(&mut all.clone());
            prop_assert!(pieces.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(pieces.len() <= 2 * all.len());
            for address in 0..100 {
                let covers = |span: &&Span<(u64, usize)>| span.start <= address && address < span.end;
                let owner = pieces.iter().find(covers).map(|span| span.rank);
                prop_assert_eq!(owner, all.iter().filter(covers).map(|span| span.rank).min());
            }
        }
    }
}
