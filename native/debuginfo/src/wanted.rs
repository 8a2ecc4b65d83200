//! The addresses that answers are wanted for.

/// Addresses relative to the image's base, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    list: Vec<u64>,
}

impl Wanted {
    /// These addresses, in any order.
    #[must_use]
    pub fn new(mut addresses: Vec<u64>) -> Self {
        addresses.sort_unstable();
        addresses.dedup();
        Self { list: addresses }
    }

    /// The addresses, sorted.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        &self.list
    }

    /// Those from `start` to before `end`.
    #[must_use]
    pub fn within(&self, start: u64, end: u64) -> &[u64] {
        let first = self.list.partition_point(|&address| address < start);
        let rest = self.list.get(first..).unwrap_or_default();
        rest.get(..rest.partition_point(|&address| address < end)).unwrap_or_default()
    }

    /// Whether any is in one of these ranges.
    #[must_use]
    pub(crate) fn are_in(&self, ranges: &[(u64, u64)]) -> bool {
        ranges.iter().any(|&(start, end)| {
            let first = self.list.partition_point(|&address| address < start);
            self.list.get(first).is_some_and(|&address| address < end)
        })
    }
}

impl FromIterator<u64> for Wanted {
    fn from_iter<T: IntoIterator<Item = u64>>(addresses: T) -> Self {
        Self::new(addresses.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn addresses_are_found_by_range() {
        let wanted: Wanted = [7, 3, 3, 9].into_iter().collect();
        assert_eq!(wanted.as_slice(), [3, 7, 9]);
        assert_eq!(wanted.within(3, 9), [3, 7]);
        assert!(wanted.within(4, 7).is_empty() && wanted.within(10, 5).is_empty());
        assert!(wanted.are_in(&[(0, 3), (9, 10)]) && !wanted.are_in(&[(0, 3), (4, 7), (10, u64::MAX)]));
    }
}
