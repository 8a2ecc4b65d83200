//! Addresses in order.

use crate::breakpad::number::low32;

/// The addresses sorted, each with its position in the input.
///
/// Addresses of one module lie within 4 GiB, so that address and position fit one word, sorted digit
/// by digit; anything else is sorted by comparison.
pub(super) fn sorted(rvas: &[u64]) -> Vec<(u64, u32)> {
    let low = rvas.iter().copied().min().unwrap_or(0);
    let span = rvas.iter().copied().max().unwrap_or(0) - low;
    let places = || 0..low32(rvas.len() as u64);
    if span > u64::from(u32::MAX) || rvas.len() < 64 {
        let mut pairs: Vec<(u64, u32)> = rvas.iter().copied().zip(places()).collect();
        pairs.sort_unstable();
        return pairs;
    }
    let words = rvas.iter().zip(places()).map(|(&rva, place)| (rva - low) << 32 | u64::from(place)).collect();
    let words = by_digits(words, 64 - span.leading_zeros());
    words.into_iter().map(|word| (low + (word >> 32), low32(word))).collect()
}

/// Sort words by `bits` of their upper half, keeping the order of equal ones.
fn by_digits(mut words: Vec<u64>, bits: u32) -> Vec<u64> {
    const DIGIT: u32 = 11;
    let mut other = vec![0; words.len()];
    for shift in (0..bits).step_by(DIGIT as usize) {
        let digit = |word: u64| (word >> (32 + shift)) as usize & ((1 << DIGIT) - 1);
        let mut starts = [0usize; 1 << DIGIT];
        for &word in &words {
            starts[digit(word)] += 1;
        }
        let mut next = 0;
        for start in &mut starts {
            next += std::mem::replace(start, next);
        }
        for &word in &words {
            let start = &mut starts[digit(word)];
            if let Some(slot) = other.get_mut(*start) {
                *slot = word;
            }
            *start += 1;
        }
        std::mem::swap(&mut words, &mut other);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_stable_sort() {
        let mut state = 7u64;
        for span in [1u64, 1000, 1 << 27, u64::from(u32::MAX), 1 << 40] {
            let rvas: Vec<u64> = (0..1000)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    0x1_0000_0000 + (state >> 20) % (span + 1)
                })
                .collect();
            let mut want: Vec<(u64, u32)> = rvas.iter().copied().zip(0..).collect();
            want.sort_unstable();
            assert_eq!(sorted(&rvas), want);
        }
        assert_eq!(sorted(&[]), []);
    }
}
