//! The addresses that answers are wanted for.

/// Addresses relative to the image's base, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    list: Vec<u64>,
    /// How many addresses are before each of the equal pieces that the space between the first and the last is cut into; and
    /// the number of all. A file has thousands of functions for each address, which most often end in an empty piece.
    before: Vec<u32>,
    /// Bits of an address within a piece.
    shift: u32,
    /// Whether all unwind rules among the records are wanted as well.
    pub(crate) with_rules: bool,
}

/// Pieces for each address, and of all.
const PIECES: u64 = 8;
const ALL_PIECES: u64 = 1 << 16;

impl Wanted {
    /// These addresses, in any order.
    #[must_use]
    pub fn new(mut addresses: Vec<u64>) -> Self {
        addresses.sort_unstable();
        addresses.dedup();
        let (first, last) = (addresses.first().copied().unwrap_or(0), addresses.last().copied().unwrap_or(0));
        let most = (addresses.len() as u64 * PIECES).min(ALL_PIECES);
        let shift = (0..64).find(|&shift| (last - first) >> shift <= most).unwrap_or(63);
        let mut before = Vec::new();
        for (number, address) in (0u32..).zip(&addresses) {
            let piece = usize::try_from((address - first) >> shift).unwrap_or(0);
            before.resize(before.len().max(piece + 1), number);
        }
        before.push(u32::try_from(addresses.len()).unwrap_or(u32::MAX));
        Self { list: addresses, before, shift, with_rules: false }
    }

    /// The same addresses, and all unwind rules among the records: a walk may look for one at any address.
    #[must_use]
    pub fn with_rules(self) -> Self {
        Self { with_rules: true, ..self }
    }

    /// The addresses, sorted.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        &self.list
    }

    /// Those from `start` to before `end`.
    #[must_use]
    pub fn within(&self, start: u64, end: u64) -> &[u64] {
        let rest = self.list.get(self.first_from(start)..).unwrap_or_default();
        rest.get(..rest.partition_point(|&address| address < end)).unwrap_or_default()
    }

    /// The first one from an address on.
    #[must_use]
    #[inline]
    pub(crate) fn next_from(&self, start: u64) -> Option<u64> {
        self.list.get(self.first_from(start)).copied()
    }

    /// Whether any is in one of these ranges.
    #[must_use]
    #[inline]
    pub(crate) fn are_in(&self, ranges: &[(u64, u64)]) -> bool {
        ranges.iter().any(|&(start, end)| self.next_from(start).is_some_and(|address| address < end))
    }

    /// How many are before an address.
    #[inline]
    fn first_from(&self, start: u64) -> usize {
        let Some(offset) = self.list.first().and_then(|first| start.checked_sub(*first)) else { return 0 };
        let piece = usize::try_from(offset >> self.shift).unwrap_or(usize::MAX);
        let bounds = piece.checked_add(1).and_then(|next| self.before.get(piece).zip(self.before.get(next)));
        let Some((&from, &to)) = bounds else { return self.list.len() };
        let within = self.list.get(from as usize..to as usize).unwrap_or_default();
        from as usize + within.partition_point(|&address| address < start)
    }
}

impl FromIterator<u64> for Wanted {
    fn from_iter<T: IntoIterator<Item = u64>>(addresses: T) -> Self {
        Self::new(addresses.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Wanted;

    proptest! {
        #[test]
        fn a_range_has_the_addresses_that_a_scan_finds(
            near in prop::collection::vec(0..400u64, 0..40),
            far in prop::collection::vec(any::<u64>(), 0..4),
            start in prop_oneof![0..420u64, any::<u64>()],
            length in prop_oneof![0..420u64, any::<u64>()],
        ) {
            let wanted = Wanted::new([near, far].concat());
            let end = start.saturating_add(length);
            let found: Vec<u64> = wanted.as_slice().iter().copied().filter(|at| (start..end).contains(at)).collect();
            prop_assert_eq!(wanted.within(start, end), &found[..]);
            prop_assert_eq!(wanted.are_in(&[(start, end)]), !found.is_empty());
        }
    }

    #[test]
    fn addresses_are_found_by_range() {
        let wanted: Wanted = [7, 3, 3, 9].into_iter().collect();
        assert_eq!(wanted.as_slice(), [3, 7, 9]);
        assert_eq!(wanted.within(3, 9), [3, 7]);
        assert!(wanted.within(4, 7).is_empty() && wanted.within(10, 5).is_empty());
        assert!(wanted.are_in(&[(0, 3), (9, 10)]) && !wanted.are_in(&[(0, 3), (4, 7), (10, u64::MAX)]));
    }
}
