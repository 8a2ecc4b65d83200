//! Finding and folding a runaway recursion.
//!
//! A stack overflow has ten thousand frames and more, all alike. The report shows where it began, a good part
//! of the first turns, and how it was entered; the middle says nothing and costs much.

use crate::frame::{Frame, Recursion};

/// The longest cycle that is recognised, in frames.
const MAX_PERIOD: usize = 64;
/// Frames kept in front of the gap.
const HEAD: usize = 128;
/// Whole turns kept behind the gap.
const TAIL_TURNS: usize = 1;
/// Folding fewer frames than this is not worth a reader's surprise.
const MIN_OMITTED: usize = 64;

/// Fold the longest recursion of `frames` in place.
pub(crate) fn fold(frames: &mut Vec<Frame>) -> Option<Recursion> {
    if frames.len() < HEAD + MIN_OMITTED {
        return None;
    }
    let (first, period, length) = longest_cycle(frames)?;
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
    Some(Recursion { first, period, repeats: (length / period) as u64, gap: gap_start, omitted: omitted as u64 })
}

/// Start, period and length of the longest stretch that repeats itself.
fn longest_cycle(frames: &[Frame]) -> Option<(usize, usize, usize)> {
    let mut best: Option<(usize, usize, usize)> = None;
    for period in 1..=MAX_PERIOD {
        let mut run = 0;
        for i in period..=frames.len() {
            if i < frames.len() && frames[i].address == frames[i - period].address {
                run += 1;
                continue;
            }
            let length = run + period;
            // A longer period must be longer by more than its own turn: 2 must not win over 1 for "aaaa".
            if run >= 2 * period && best.is_none_or(|(_, _, b)| length > b + period) {
                best = Some((i - length, period, length));
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
        let found = fold(&mut all).expect("a cycle");
        assert_eq!((found.first, found.period, found.repeats), (2, 3, 3000));
        assert_eq!(all.len() as u64 + found.omitted, whole.len() as u64);
        assert_eq!(all[..found.gap], whole[..found.gap]);
        assert_eq!(all[found.gap..], whole[found.gap + found.omitted as usize..]);
        assert_eq!(found.omitted % 3, 0);
    }

    #[test]
    fn short_and_varied_stacks_stay_whole() {
        let mut short = frames((0..150).map(|_| 7));
        assert_eq!(fold(&mut short), None);
        let mut varied = frames(1..5001);
        assert_eq!(fold(&mut varied), None);
        assert_eq!(varied.len(), 5000);
    }

    #[test]
    fn the_shortest_period_names_the_cycle() {
        let mut all = frames((0..500).map(|_| 7));
        assert_eq!(fold(&mut all).map(|r| (r.first, r.period, r.repeats)), Some((0, 1, 500)));
    }
}
