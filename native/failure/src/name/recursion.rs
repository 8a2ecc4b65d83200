//! Recursion: a cycle of frames that repeats is one thing, however often it repeats.
//!
//! Frames are alike here if their functions are, wherever in a function they are: names are made of functions. What a walk
//! records as repeated has equal addresses, and so may begin a turn later.

/// The longest cycle that is looked for, in frames.
const MAX_PERIOD: usize = 10;
/// How often a cycle repeats at least.
const MIN_REPEATS: usize = 3;

/// The first cycle in a list of frame ids: where it starts and how long it is. Equal frames have equal ids.
pub(super) fn cycle(ids: &[u64]) -> Option<(usize, usize)> {
    (0..ids.len()).find_map(|first| {
        (1..=MAX_PERIOD).find_map(|period| {
            let window = ids.get(first..first + period * MIN_REPEATS)?;
            let (start, rest) = window.split_at(period);
            rest.chunks(period).all(|chunk| chunk == start).then_some((first, period))
        })
    })
}

/// The indices of a list with every repeated cycle once.
pub(super) fn collapse(ids: &[u64]) -> Vec<usize> {
    let mut kept = Vec::with_capacity(ids.len());
    let mut i = 0;
    while i < ids.len() {
        let repeated = (1..=MAX_PERIOD).find_map(|period| {
            let start = ids.get(i..i + period)?;
            let repeats = ids[i..].chunks_exact(period).take_while(|chunk| *chunk == start).count();
            (repeats >= MIN_REPEATS || (period == 1 && repeats > 1)).then_some((period, repeats))
        });
        let (period, repeats) = repeated.unwrap_or((1, 1));
        kept.extend(i..i + period);
        i += period * repeats;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles() {
        assert_eq!(cycle(&[9, 1, 2, 1, 2, 1, 2, 3]), Some((1, 2)));
        assert_eq!(cycle(&[1, 1, 1]), Some((0, 1)));
        assert_eq!(cycle(&[1, 2, 1, 2]), None);
        assert_eq!(cycle(&[]), None);
    }

    #[test]
    fn collapses() {
        assert_eq!(collapse(&[9, 1, 2, 1, 2, 1, 2, 3]), [0, 1, 2, 7]);
        assert_eq!(collapse(&[1, 1, 2]), [0, 2]);
        assert_eq!(collapse(&[1, 2, 3]), [0, 1, 2]);
        assert_eq!(collapse(&[1; 1000]), [0]);
    }
}
