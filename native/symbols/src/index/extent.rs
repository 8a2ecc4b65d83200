//! Ranges of addresses and which record each address belongs to.

/// A range of addresses and the record that covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// First address.
    pub(super) start: u64,
    /// One past the last address.
    pub(super) end: u64,
    /// Where the record stands in the text, with flags ([`super::table::Value`]).
    pub(super) at: u64,
}

/// Make ranges disjoint and sorted: of all that cover an address, the one that starts last has it,
/// of those the shortest, of those the first in the file. Empty ranges vanish.
///
/// Breakpad drops a function that overlaps one before it in the file, rust-minidump one that sorts
/// after it; both lose nested functions. Here the outer function has what the inner leaves.
pub(super) fn flatten(mut ranges: Vec<Extent>) -> Vec<Extent> {
    if ranges.iter().all(|r| r.start < r.end) && ranges.windows(2).all(|w| w[0].end <= w[1].start) {
        return ranges;
    }
    ranges.retain(|r| r.start < r.end);
    ranges.sort_unstable_by(|a, b| (a.start, b.end, b.at).cmp(&(b.start, a.end, a.at)));
    let mut sweep = Sweep { out: Vec::with_capacity(ranges.len()), open: Vec::new(), reached: 0 };
    for range in ranges {
        sweep.emit_until(range.start);
        sweep.reached = range.start;
        sweep.open.push(range);
    }
    sweep.emit_until(u64::MAX);
    sweep.out
}

struct Sweep {
    out: Vec<Extent>,
    /// Ranges that began, the one with the best claim last; some may have ended unseen.
    open: Vec<Extent>,
    reached: u64,
}

impl Sweep {
    fn emit_until(&mut self, limit: u64) {
        while let Some(&top) = self.open.last() {
            let end = top.end.min(limit);
            if end > self.reached {
                match self.out.last_mut() {
                    Some(last) if last.at == top.at && last.end == self.reached => last.end = end,
                    _ => self.out.push(Extent { start: self.reached, end, at: top.at }),
                }
                self.reached = end;
            }
            if top.end > limit {
                break;
            }
            self.open.pop();
        }
    }
}

/// Give the gaps of `first` to `second`. Both are sorted and disjoint, and so is what comes out.
pub(super) fn fill_gaps<'a>(first: &'a [Extent], second: &'a [Extent]) -> impl Iterator<Item = Extent> + 'a {
    let mut firsts = first.iter().copied().peekable();
    let mut seconds = second.iter().copied();
    // What is left of the range of `second` that is being given out.
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

    fn extents(list: &[(u64, u64, u64)]) -> Vec<Extent> {
        list.iter().map(|&(start, end, at)| Extent { start, end, at }).collect()
    }

    #[test]
    fn nested_ranges_split_the_outer() {
        let flat = flatten(extents(&[(0, 100, 1), (20, 30, 2), (20, 25, 3), (90, 120, 4), (20, 30, 5), (7, 7, 6)]));
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
