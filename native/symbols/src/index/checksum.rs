//! A checksum that costs next to nothing. It finds damage; it does not keep out a forger, and
//! nothing relies on it for safety.

const LANES: usize = 8;
const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;

/// A 64-bit checksum: eight lanes of xor, multiply and rotate over little-endian words, the length
/// and the lanes folded at the end. The last block is padded with zeros.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    let mut lanes: [u64; LANES] = std::array::from_fn(|i| PRIME.rotate_left(7 * i as u32));
    let (blocks, tail) = bytes.as_chunks::<{ 8 * LANES }>();
    for block in blocks {
        mix(&mut lanes, block);
    }
    let mut last = [0; 8 * LANES];
    last[..tail.len()].copy_from_slice(tail);
    mix(&mut lanes, &last);
    lanes.iter().fold(bytes.len() as u64, |sum, lane| step(sum, *lane))
}

#[inline(always)]
fn mix(lanes: &mut [u64; LANES], block: &[u8; 8 * LANES]) {
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
