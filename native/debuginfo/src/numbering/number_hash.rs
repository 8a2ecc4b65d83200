//! A hash of numbers that a file gives: offsets of entries, numbers of records.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by numbers.
pub(crate) type ByNumber<K, V> = HashMap<K, V, BuildHasherDefault<NumberHash>>;

/// One multiplication instead of the keyed hash of the standard library, which takes longer than the work around it.
///
/// A file can choose numbers of one hash. But each number is an offset in the file or stands for a record there, so that a
/// file of n bytes has n of them, and a table of m numbers has n / m of one place: in a file of 1 GB at most 32,000 numbers
/// share one, which costs a second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NumberHash(u64);

impl Hasher for NumberHash {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        // The golden ratio in 64 bits. The table uses the lowest and the highest bits of the hash, which depend on all bits.
        let product = u128::from(self.0 ^ number) * 0x9e37_79b9_7f4a_7c15;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}
