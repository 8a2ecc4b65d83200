//! Hashing of addresses and short texts: the keys of small tables that are made for each report, and of modules.
//!
//! A multiplication for each number, or each eight bytes of a text, instead of SipHash's rounds. The input chooses the addresses, so the factors are
//! secret and new for each table: addresses that collide cannot be chosen.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Makes the hashers of one table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeded {
    start: u64,
    factor: u64,
}

impl Default for Seeded {
    fn default() -> Self {
        let random = RandomState::new();
        Self { start: random.hash_one(0), factor: random.hash_one(1) | 1 }
    }
}

impl BuildHasher for Seeded {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded { state: self.start, factor: self.factor }
    }
}

/// Both halves of a product, folded together.
pub(crate) struct Folded {
    state: u64,
    factor: u64,
}

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.state
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            // The byte that a text's hash ends with tells it from one with more zeros.
            self.write_u64(u64::from_le_bytes(last));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.state ^ number) * u128::from(self.factor);
        self.state = (product >> 64) as u64 ^ product as u64;
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn neighbours_and_pages_fall_apart() {
        for stride in [1, 4, 0x1000, 1 << 32] {
            // Digits of pi and of the golden ratio: the same table each time.
            let hashes = Seeded { start: 0x243f_6a88_85a3_08d3, factor: 0x9e37_79b9_7f4a_7c15 };
            let places = (0..4096_u64).map(|n| hashes.hash_one((Some(3_usize), n * stride)));
            let low: HashSet<u64> = places.map(|hash| hash & 0xffff).collect();
            // Chance would fill 3970 of 65536.
            assert!(low.len() > 3500, "{stride:#x}: {}", low.len());
        }
    }
}
