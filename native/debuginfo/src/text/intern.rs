//! Each text once, under a number.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

/// A text with its hash, so that threads hash in parallel what one of them numbers.
#[derive(Clone, Debug)]
pub(crate) struct Text<'d> {
    hash: u64,
    pub(crate) text: Cow<'d, [u8]>,
}

impl<'d> Text<'d> {
    pub(crate) fn of(text: Cow<'d, [u8]>, hasher: &impl BuildHasher) -> Self {
        Self { hash: hasher.hash_one(&*text), text }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.text == other.text
    }
}

impl Eq for Text<'_> {}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
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

/// Numbers of texts, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Interner<'d> {
    numbers: HashMap<Text<'d>, u32, std::hash::BuildHasherDefault<Same>>,
}

impl<'d> Interner<'d> {
    /// The number of a text, and whether it is new.
    pub(crate) fn number(&mut self, text: &Text<'d>) -> (u32, bool) {
        if let Some(&known) = self.numbers.get(text) {
            return (known, false);
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX - 1);
        self.numbers.insert(text.clone(), number);
        (number, true)
    }
}
