//! Each text once, under a number.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::Arc;

use crate::limits::{self, Budget};

/// A text with its hash, so that threads hash in parallel what one of them numbers.
#[derive(Clone, Debug)]
pub(crate) struct Text<'d> {
    hash: u64,
    text: Shared<'d>,
}

#[derive(Clone, Debug)]
enum Shared<'d> {
    InFile(&'d [u8]),
    Made(Arc<[u8]>),
}

impl<'d> Text<'d> {
    pub(crate) fn of(text: Cow<'d, [u8]>, hashes: &Hashes) -> Self {
        // The same long text may be named in every unit: its start, its end and its length suffice.
        let (start, rest) = text.split_at(text.len().min(limits::START));
        let end = rest.get(rest.len().saturating_sub(limits::START)..).unwrap_or_default();
        let hash = hashes.of(start, hashes.of(end, text.len() as u64));
        let text = match text {
            Cow::Borrowed(text) => Shared::InFile(text),
            Cow::Owned(text) => Shared::Made(text.into()),
        };
        Self { hash, text }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.text {
            Shared::InFile(text) => text,
            Shared::Made(text) => text,
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (one, other_) = (self.bytes(), other.bytes());
        self.hash == other.hash && (std::ptr::eq(one, other_) || one == other_)
    }
}

impl Eq for Text<'_> {}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Hashes of texts. The key is another in each run, so that no file can have many texts of one hash; nothing that is written
/// depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hashes {
    key: u64,
}

impl Default for Hashes {
    fn default() -> Self {
        Self { key: RandomState::new().hash_one(0) | 1 }
    }
}

impl Hashes {
    /// The hash of a text after others, whose hash is `before`: for 8 bytes one multiplication, of which both halves are used.
    #[inline]
    fn of(self, text: &[u8], before: u64) -> u64 {
        let mix = |hash: u64, word: u64| {
            let product = u128::from(hash ^ word) * u128::from(self.key);
            (product as u64).rotate_left(32) ^ (product >> 64) as u64 ^ 0x9e37_79b9_7f4a_7c15
        };
        let (words, tail) = text.as_chunks::<8>();
        let mut last = [0; 8];
        last[..tail.len()].copy_from_slice(tail);
        let hash = words.iter().fold(before, |hash, word| mix(hash, u64::from_le_bytes(*word)));
        mix(hash, u64::from_le_bytes(last))
    }
}

/// A hash of a hash: itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// Bytes of a record beside its text, at most.
const RECORD: u64 = 32;

/// Numbers of texts, in the order of their first use.
#[derive(Debug, Default)]
pub(crate) struct Interner<'d> {
    numbers: HashMap<Text<'d>, u32, std::hash::BuildHasherDefault<Same>>,
}

impl<'d> Interner<'d> {
    /// The number of a text, and whether it is new. `None`: it is new, and the budget does not suffice for its record.
    pub(crate) fn number(&mut self, text: &Text<'d>, budget: &mut Budget) -> Option<(u32, bool)> {
        if let Some(&known) = self.numbers.get(text) {
            return Some((known, false));
        }
        if !budget.take(text.bytes().len() as u64 + RECORD) {
            return None;
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX - 1);
        self.numbers.insert(text.clone(), number);
        Some((number, true))
    }
}
