//! A cheap checksum. It detects damage, not forgery, and no safety property depends on it.

const LANES: usize = 8;
/// Bytes that are taken at a time.
pub(super) const BLOCK: usize = 8 * LANES;
const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;

/// A 64-bit checksum: eight lanes of xor, multiply and rotate over little-endian words, the length
/// and the lanes folded at the end. The last block is padded with zeros.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = Checksum::new();
    let whole = sum.blocks(bytes);
    sum.finish(bytes.get(whole..).unwrap_or_default(), bytes.len() as u64)
}

/// The same, computed over bytes that arrive in pieces.
#[derive(Clone, Debug)]
pub(super) struct Checksum([u64; LANES]);

impl Checksum {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|i| PRIME.rotate_left(7 * i as u32)))
    }

    /// Add the whole blocks at the start of `bytes` and return their length. The caller passes the rest again, with the next
    /// bytes.
    pub(super) fn blocks(&mut self, bytes: &[u8]) -> usize {
        let (blocks, tail) = bytes.as_chunks::<BLOCK>();
        for block in blocks {
            mix(&mut self.0, block);
        }
        bytes.len() - tail.len()
    }

    /// The checksum, after less than a block more.
    pub(super) fn finish(&self, tail: &[u8], len: u64) -> u64 {
        let mut last = [0; BLOCK];
        last[..tail.len()].copy_from_slice(tail);
        let mut lanes = self.0;
        mix(&mut lanes, &last);
        lanes.iter().fold(len, |sum, lane| step(sum, *lane))
    }
}

#[inline(always)]
fn mix(lanes: &mut [u64; LANES], block: &[u8; BLOCK]) {
    for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
        *lane = step(*lane, u64::from_le_bytes(*word));
    }
}

#[inline(always)]
const fn step(state: u64, word: u64) -> u64 {
    (state ^ word).wrapping_mul(PRIME).rotate_left(29)
}

/// A fingerprint of a text too large to read whole: its length and 16 samples of 4 KiB, the first
/// and the last among them.
pub(super) fn fingerprint(text: &[u8]) -> u64 {
    const SAMPLES: usize = 16;
    const SAMPLE: usize = 4096;
    if text.len() <= SAMPLES * SAMPLE {
        return checksum(text);
    }
    let step_bytes = (text.len() - SAMPLE) / (SAMPLES - 1);
    (0..SAMPLES).fold(text.len() as u64, |sum, i| {
        let at = if i == SAMPLES - 1 { text.len() - SAMPLE } else { i * step_bytes };
        step(sum, checksum(text.get(at..at + SAMPLE).unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_counts() {
        let bytes: Vec<u8> = (0..1000u32).map(|i| (i * 7) as u8).collect();
        let whole = checksum(&bytes);
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1 << (at % 8);
            assert_ne!(checksum(&other), whole, "{at}");
        }
        assert_ne!(checksum(&bytes[..999]), whole);
        assert_ne!(checksum(&[]), checksum(&[0]));
    }
}
