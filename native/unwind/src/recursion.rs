//! Finding and folding a runaway recursion.
//!
//! A stack overflow has ten thousand frames and more, all alike. The report shows where it began, many of the first
//! turns, and how it was entered; the middle adds nothing and costs much.

use crate::frame::{Cycle, Frame, Recursion};

/// The longest cycle that is recognised, in frames.
const MAX_PERIOD: usize = 64;
/// Frames retained before the gap.
const HEAD: usize = 128;
/// Whole turns retained after the gap.
const TAIL_TURNS: usize = 1;
/// Folding fewer frames than this would surprise a reader for no gain.
const MIN_OMITTED: usize = 64;

/// Turns from which on a stretch of frames counts as one that repeats.
const MIN_TURNS: usize = 3;

/// The longest stretch of a stack that repeats itself at least three times, and the frames left out of it.
pub(crate) fn fold(frames: &mut Vec<Frame>) -> (Option<Cycle>, Option<Recursion>) {
    let addresses: Vec<u64> = frames.iter().map(|frame| frame.address).collect();
    let cycle = longest_cycle(&addresses);
    (cycle, cycle.and_then(|cycle| leave_out(frames, cycle)))
}

/// Leave out the middle of a cycle, if it is long.
fn leave_out(frames: &mut Vec<Frame>, cycle: Cycle) -> Option<Recursion> {
    let Cycle { first, period, repeats, length } = cycle;
    if frames.len() < HEAD + MIN_OMITTED {
        return None;
    }
    let end = first + length;
    let gap_start = HEAD.max(first + 3 * period);
    // The tail begins on a turn's boundary, so that head and tail read alike.
    let tail_start = end.checked_sub(TAIL_TURNS * period)?;
    let turns = tail_start.checked_sub(gap_start)? / period;
    let omitted = turns * period;
    if omitted < MIN_OMITTED {
        return None;
    }
    frames.drain(gap_start..gap_start + omitted);
    Some(Recursion { first, period, repeats, gap: gap_start, omitted: omitted as u64 })
}

/// The longest stretch of addresses that repeats itself at least three times. The shortest period describes it.
#[must_use]
pub fn longest_cycle(addresses: &[u64]) -> Option<Cycle> {
    let mut best: Option<Cycle> = None;
    // Most stacks have no address three times.
    let mut sorted = addresses.to_vec();
    sorted.sort_unstable();
    if !sorted.windows(MIN_TURNS).any(|equal| equal.first() == equal.last()) {
        return None;
    }
    for period in 1..=MAX_PERIOD.min(addresses.len() / MIN_TURNS) {
        // No longer one can be long enough.
        if best.is_some_and(|best| best.length + period >= addresses.len()) {
            break;
        }
        let mut run = 0;
        for i in period..=addresses.len() {
            if i < addresses.len() && addresses[i] == addresses[i - period] {
                run += 1;
                continue;
            }
            let length = run + period;
            // A longer period must be longer by more than its own turn: 2 must not win over 1 for "aaaa".
            if run >= (MIN_TURNS - 1) * period && best.is_none_or(|best| length > best.length + period) {
                best = Some(Cycle { first: i - length, period, repeats: (length / period) as u64, length });
            }
            run = 0;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::Trust;

    fn frames(addresses: impl IntoIterator<Item = u64>) -> Vec<Frame> {
        addresses
            .into_iter()
            .enumerate()
            .map(|(i, address)| Frame { address, lookup: address - 1, sp: i as u64, trust: Trust::Cfi, module: None })
            .collect()
    }

    #[test]
    fn head_and_tail_stay() {
        let mut all = frames([10, 11].into_iter().chain((0..9000).map(|i| 20 + i % 3)).chain([50, 51]));
        let whole = all.clone();
        let found = fold(&mut all).1.expect("a cycle");
        assert_eq!((found.first, found.period, found.repeats), (2, 3, 3000));
        assert_eq!(all.len() as u64 + found.omitted, whole.len() as u64);
        assert_eq!(all[..found.gap], whole[..found.gap]);
        assert_eq!(all[found.gap..], whole[found.gap + found.omitted as usize..]);
        assert_eq!(found.omitted % 3, 0);
    }

    #[test]
    fn short_and_varied_stacks_stay_whole() {
        let mut short = frames((0..150).map(|_| 7));
        assert_eq!(fold(&mut short).1, None);
        let mut varied = frames(1..5001);
        assert_eq!(fold(&mut varied), (None, None));
        assert_eq!(varied.len(), 5000);
    }

    #[test]
    fn the_shortest_period_names_the_cycle() {
        let mut all = frames((0..500).map(|_| 7));
        assert_eq!(fold(&mut all).1.map(|r| (r.first, r.period, r.repeats)), Some((0, 1, 500)));
    }

    #[test]
    fn a_cycle_is_found_in_a_short_stack_too() {
        let found = |addresses: &[u64]| longest_cycle(addresses).map(|c| (c.first, c.period, c.repeats));
        assert_eq!(found(&[9, 1, 2, 1, 2, 1, 2, 3]), Some((1, 2, 3)));
        assert_eq!(found(&[9, 1, 2, 1, 2, 1, 3]), None, "two turns and a half");
        assert_eq!(found(&[7, 7, 7, 1, 2, 1, 2, 1, 2]), Some((3, 2, 3)));
        assert_eq!(found(&[]), None);
        let mut short = frames((0..150).map(|_| 7));
        let (cycle, recursion) = fold(&mut short);
        assert_eq!((cycle.map(|c| c.repeats), recursion, short.len()), (Some(150), None, 150));
    }
}
