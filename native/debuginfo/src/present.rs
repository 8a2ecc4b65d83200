//! Which parts of a file are there, while it is fetched in parts.
//!
//! A reader of such a file reads as if all of it were there. What is not there reads as the end of a stream, and is noted. A
//! run that noted something has no result: whoever runs it fetches what is noted and runs it again. So readers need no state
//! of their own, and nothing is remembered that was read beside a gap.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes of a block: parts are counted in blocks.
pub const BLOCK: u64 = 4096;
const BITS: u64 = u64::BITS as u64;

/// Which blocks of a file are there, and which are needed.
#[derive(Debug)]
pub struct Present {
    size: u64,
    /// A bit for each block.
    there: Vec<AtomicU64>,
    needed: Vec<AtomicU64>,
    is_waiting: AtomicBool,
}

impl Present {
    /// Nothing of a file of so many bytes.
    #[must_use]
    pub fn new(size: u64) -> Self {
        let words = usize::try_from(size.div_ceil(BLOCK).div_ceil(BITS)).unwrap_or(usize::MAX);
        let none = || std::iter::repeat_with(AtomicU64::default).take(words).collect();
        Self { size, there: none(), needed: none(), is_waiting: AtomicBool::new(false) }
    }

    /// Bytes of the file.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that are there, in whole blocks.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let blocks: u64 = self.there.iter().map(|word| u64::from(word.load(Ordering::Relaxed).count_ones())).sum();
        (blocks * BLOCK).min(self.size)
    }

    /// A range is there now. Of its first and last block only whole ones count; the last block of the file is whole where the
    /// file ends.
    pub fn add(&self, range: Range<u64>) {
        let end = if range.end >= self.size { self.size.div_ceil(BLOCK) } else { range.end / BLOCK };
        for block in range.start.div_ceil(BLOCK)..end {
            set(&self.there, block);
        }
    }

    /// Whether a range is there; what is not, is noted.
    #[must_use]
    pub fn has(&self, range: Range<u64>) -> bool {
        if range.is_empty() {
            return true;
        }
        let mut has = true;
        for block in range.start / BLOCK..range.end.min(self.size).div_ceil(BLOCK) {
            if !is_set(&self.there, block) {
                has = false;
                set(&self.needed, block);
            }
        }
        if !has {
            self.is_waiting.store(true, Ordering::Relaxed);
        }
        has
    }

    /// Whether something was noted since [`Self::take_needed`].
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.is_waiting.load(Ordering::Relaxed)
    }

    /// What was noted, in the order of the file. Ranges with fewer than `gap` bytes between them are one.
    #[must_use]
    pub fn take_needed(&self, gap: u64) -> Vec<Range<u64>> {
        self.is_waiting.store(false, Ordering::Relaxed);
        let mut found: Vec<Range<u64>> = Vec::new();
        for (index, word) in (0..).zip(&self.needed) {
            let mut bits = word.swap(0, Ordering::Relaxed);
            while bits != 0 {
                let block: u64 = index * BITS + u64::from(bits.trailing_zeros());
                bits &= bits - 1;
                let (start, end) = (block * BLOCK, ((block + 1) * BLOCK).min(self.size));
                match found.last_mut().filter(|last| start - last.end <= gap) {
                    Some(last) => last.end = end,
                    None => found.push(start..end),
                }
            }
        }
        found
    }
}

fn word(words: &[AtomicU64], block: u64) -> Option<&AtomicU64> {
    words.get(usize::try_from(block / BITS).ok()?)
}

fn is_set(words: &[AtomicU64], block: u64) -> bool {
    word(words, block).is_some_and(|word| word.load(Ordering::Relaxed) >> (block % BITS) & 1 == 1)
}

fn set(words: &[AtomicU64], block: u64) {
    if let Some(word) = word(words, block) {
        word.fetch_or(1 << (block % BITS), Ordering::Relaxed);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{BLOCK, Present};

    #[test]
    fn what_is_missing_is_noted_once() {
        let size = 200 * BLOCK + 1;
        let present = Present::new(size);
        present.add(BLOCK - 1..3 * BLOCK + 1);
        present.add(200 * BLOCK..size);
        assert_eq!(present.bytes(), 3 * BLOCK);
        assert!(present.has(BLOCK..3 * BLOCK) && present.has(200 * BLOCK..size + 9) && present.has(7..7));
        assert!(!present.is_waiting());
        assert!(!present.has(BLOCK - 1..BLOCK + 1) && !present.has(3 * BLOCK..3 * BLOCK + 1) && present.is_waiting());
        assert!(!present.has(190 * BLOCK..size));
        assert_eq!(
            present.take_needed(0),
            [0..BLOCK, 3 * BLOCK..4 * BLOCK, 190 * BLOCK..200 * BLOCK],
            "blocks that are there are not asked for"
        );
        assert!(present.take_needed(0).is_empty() && !present.is_waiting());
        assert!(!present.has(0..1) && !present.has(3 * BLOCK..3 * BLOCK + 1));
        let joined = present.take_needed(2 * BLOCK);
        assert_eq!((joined.len(), joined[0].clone()), (1, 0..4 * BLOCK));
    }
}
