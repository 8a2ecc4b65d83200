//! Some boundaries of a table, held in memory.
//!
//! A binary search through a table of a million boundaries misses the cache at most of its steps. The
//! samples and the buckets over them fit it, and lead to the four cache lines of the table where the
//! search ends.

/// Boundaries from one sample to the next.
pub(super) const SAMPLE: usize = 64;

/// Every 64th boundary of a table as a whole address, and where to look among them.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    addresses: Vec<u64>,
    /// How many samples lie before each of the equal pieces the addresses are cut into.
    buckets: Vec<u32>,
    /// Bits of an address within a piece.
    shift: u32,
}

impl Samples {
    /// `addresses` must be sorted; if not, look-ups give wrong results.
    pub(super) fn new(addresses: Vec<u64>) -> Self {
        let (Some(&low), Some(&high)) = (addresses.first(), addresses.last()) else { return Self::default() };
        let span = high.saturating_sub(low);
        let shift = (0..64).find(|&shift| span >> shift <= addresses.len() as u64).unwrap_or(63);
        let mut buckets = Vec::new();
        for (number, address) in (0u32..).zip(&addresses) {
            let bucket = usize::try_from(address.saturating_sub(low).min(span) >> shift).unwrap_or(0);
            while buckets.len() <= bucket {
                buckets.push(number);
            }
        }
        buckets.push(u32::try_from(addresses.len()).unwrap_or(u32::MAX));
        Self { addresses, buckets, shift }
    }

    /// The last sample at or before an address, and whether the next one is on another page. `None`
    /// before the first and past the last.
    #[inline]
    pub(super) fn locate(&self, rva: u64) -> Option<(usize, bool)> {
        let bucket = usize::try_from(rva.checked_sub(*self.addresses.first()?)? >> self.shift).ok()?;
        let (from, to) = (*self.buckets.get(bucket)? as usize, *self.buckets.get(bucket + 1)? as usize);
        let after = from + self.addresses.get(from..to)?.partition_point(|&sample| sample <= rva);
        let number = after.checked_sub(1)?;
        let (this, next) = (self.addresses.get(number)?, self.addresses.get(after)?);
        Some((number, this >> 32 != next >> 32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_search() {
        let lists: [Vec<u64>; 4] = [
            (0..500).map(|i| i * i * 7).collect(),
            vec![5, 6, 7, 0x1_0000_0000, u64::MAX],
            vec![9],
            (0..100).map(|i| 0xffff_ff00 + 5 * i).collect(),
        ];
        for list in lists {
            let samples = Samples::new(list.clone());
            for &near in &list {
                for rva in [near.saturating_sub(1), near, near.saturating_add(1)] {
                    let number = list.partition_point(|&sample| sample <= rva).checked_sub(1);
                    let want = number.filter(|&n| n + 1 < list.len()).map(|n| (n, list[n] >> 32 != list[n + 1] >> 32));
                    assert_eq!(samples.locate(rva), want, "{rva} in {list:?}");
                }
            }
        }
        assert_eq!(Samples::new(Vec::new()).locate(1), None);
    }
}
