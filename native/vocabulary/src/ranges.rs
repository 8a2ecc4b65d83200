//! Overlapping address ranges, cut into disjoint pieces.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A range of addresses that competes with others for the addresses it shares with them.
pub trait Claim: Copy {
    /// Decides who gets an address: of two claims the lower rank wins.
    type Rank: Ord + Copy;

    /// First and last address, both included; a claim whose first address is above its last is empty.
    fn bounds(&self) -> (u64, u64);

    /// The rank.
    fn rank(&self) -> Self::Rank;

    /// The part of this claim between two addresses, both included.
    #[must_use]
    fn part(&self, first: u64, last: u64) -> Self;
}

/// The [`Claim::bounds`] of a range whose `end` is one past its last address.
#[must_use]
pub const fn half_open(start: u64, end: u64) -> (u64, u64) {
    if start < end { (start, end - 1) } else { (1, 0) }
}

/// The simplest claim: addresses `start..end` and their rank.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span<R> {
    /// First address.
    pub start: u64,
    /// One past the last address.
    pub end: u64,
    /// The lower rank wins.
    pub rank: R,
}

impl<R: Ord + Copy> Claim for Span<R> {
    type Rank = R;

    fn bounds(&self) -> (u64, u64) {
        half_open(self.start, self.end)
    }

    fn rank(&self) -> R {
        self.rank
    }

    fn part(&self, first: u64, last: u64) -> Self {
        Self { start: first, end: last + 1, rank: self.rank }
    }
}

/// Cut claims so that every claimed address is in exactly one piece, a piece of the claim with the lowest rank.
///
/// The pieces are sorted and at most twice as many as the claims. Empty claims vanish; adjacent pieces of one rank that
/// were cut become one. Takes `O(n log n)`, and `O(n)` for claims that are sorted and disjoint already, which are returned
/// as they are.
#[must_use]
pub fn disjoint<C: Claim>(mut claims: Vec<C>) -> Vec<C> {
    let first = |claim: &C| claim.bounds().0;
    claims.retain(|claim| {
        let (first, last) = claim.bounds();
        first <= last
    });
    if !claims.is_sorted_by_key(first) {
        claims.sort_by_key(first);
    }
    if claims.windows(2).all(|pair| pair[0].bounds().1 < pair[1].bounds().0) {
        return claims;
    }
    overlapping(&claims)
}

/// One sweep over the addresses where a claim begins, with the open claims in a heap, the best on top.
fn overlapping<C: Claim>(claims: &[C]) -> Vec<C> {
    let mut pieces: Vec<C> = Vec::with_capacity(claims.len());
    let mut open: BinaryHeap<Reverse<(C::Rank, usize)>> = BinaryHeap::new();
    let mut waiting = claims.iter().enumerate().peekable();
    // Everything below this address is settled.
    let mut at = 0;
    // The rank of the last piece.
    let mut before = None;
    'next: loop {
        while open.peek().is_some_and(|Reverse((_, i))| claims[*i].bounds().1 < at) {
            open.pop();
        }
        let Some(&Reverse((rank, best))) = open.peek() else {
            let Some((i, claim)) = waiting.next() else { return pieces };
            at = at.max(claim.bounds().0);
            // Most claims are alone: nothing else is open, and the next one begins behind the end.
            let (_, last) = claim.bounds();
            if at <= last
                && waiting.peek().is_none_or(|(_, next)| next.bounds().0 > last)
                && before != Some(claim.rank())
            {
                pieces.push(claim.part(at, last));
                before = Some(claim.rank());
                match last.checked_add(1) {
                    Some(next) => at = next,
                    None => return pieces,
                }
                continue;
            }
            open.push(Reverse((claim.rank(), i)));
            continue;
        };
        // The best claim has the addresses until it ends or a better one begins.
        let mut last = claims[best].bounds().1;
        while let Some((i, claim)) = waiting.next_if(|(_, claim)| claim.bounds().0 <= last) {
            open.push(Reverse((claim.rank(), i)));
            if claim.rank() < rank {
                match claim.bounds().0 {
                    first if first <= at => continue 'next,
                    first => last = first - 1,
                }
            }
        }
        match pieces.last_mut() {
            Some(piece) if before == Some(rank) && piece.bounds().1.checked_add(1) == Some(at) => {
                *piece = piece.part(piece.bounds().0, last);
            }
            _ => pieces.push(claims[best].part(at, last)),
        }
        before = Some(rank);
        match last.checked_add(1) {
            Some(next) => at = next,
            None => return pieces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn owner<R: Ord + Copy>(spans: &[Span<R>], address: u64) -> Option<R> {
        spans.iter().filter(|span| span.start <= address && address < span.end).map(|span| span.rank).min()
    }

    /// A claim of the last address of all, which no half-open range can hold.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    struct Inclusive(u64, u64, u8);

    impl Claim for Inclusive {
        type Rank = u8;

        fn bounds(&self) -> (u64, u64) {
            (self.0, self.1)
        }

        fn rank(&self) -> u8 {
            self.2
        }

        fn part(&self, first: u64, last: u64) -> Self {
            Self(first, last, self.2)
        }
    }

    #[test]
    fn the_last_address_can_be_claimed() {
        let claims = vec![Inclusive(0, u64::MAX, 2), Inclusive(5, 9, 1), Inclusive(u64::MAX, u64::MAX, 1)];
        let pieces =
            [Inclusive(0, 4, 2), Inclusive(5, 9, 1), Inclusive(10, u64::MAX - 1, 2), Inclusive(u64::MAX, u64::MAX, 1)];
        assert_eq!(disjoint(claims), pieces);
    }

    #[test]
    fn empty_claims_vanish() {
        let span = |start, end| Span { start, end, rank: 0 };
        assert_eq!(disjoint(vec![span(0, 0), span(7, 3), span(4, 6)]), [span(4, 6)]);
    }

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
            let pieces = disjoint(all.clone());
            prop_assert!(pieces.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(pieces.len() <= 2 * all.len());
            for address in 0..100 {
                let covers = |span: &&Span<(u64, usize)>| span.start <= address && address < span.end;
                let owner = pieces.iter().find(covers).map(|span| span.rank);
                prop_assert_eq!(owner, all.iter().filter(covers).map(|span| span.rank).min());
            }
        }

        #[test]
        fn claims_may_share_a_rank(ranges in prop::collection::vec((0u64..60, 0u64..30, 0u32..9), 0..12)) {
            let all: Vec<_> =
                ranges.into_iter().map(|(start, size, rank)| Span { start, end: start + size, rank }).collect();
            let pieces = disjoint(all.clone());
            prop_assert!(pieces.windows(2).all(|pair| pair[0].end <= pair[1].start));
            for address in 0..100 {
                prop_assert_eq!(owner(&pieces, address), owner(&all, address));
            }
        }
    }
}
