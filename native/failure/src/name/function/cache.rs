//! Caches the cleaned form of function names for the whole process, in bounded memory.
//!
//! Two generations: a text that is asked for moves to the young one; when that is full it becomes the old one, and what
//! the old one held is forgotten. So the names in use stay, and a flood of names that come once passes through.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::{Names, Style};

/// Parts with a lock each, so that threads seldom meet.
const SHARDS: usize = 32;
/// Texts in a generation of a shard: 131,072 in all.
const MAX_TEXTS: usize = 2048;
/// Their bytes: 16 MiB in all, and at most about twice as much again for their cleaned forms.
const MAX_BYTES: usize = 256 << 10;
/// Longer texts are cleaned each time.
const MAX_TEXT: usize = 16 << 10;

/// The names of a text, from the cache or computed.
pub(super) fn names(text: &str, style: Style) -> Arc<Names> {
    static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);
    CACHE.get(text, style)
}

#[derive(Default)]
struct Cache {
    shards: [Mutex<Shard>; SHARDS],
}

impl Cache {
    fn get(&self, text: &str, style: Style) -> Arc<Names> {
        if text.len() > MAX_TEXT {
            return Arc::new(super::names(text, style));
        }
        let hash = quick_hash(text, style as u64);
        let shard = &self.shards[(hash >> 59) as usize % SHARDS];
        if let Some(known) = shard.lock().unwrap_or_else(PoisonError::into_inner).find(hash, text, style) {
            return known;
        }
        // Computed without the lock: two threads may compute the same, which costs less than if one waited for the other.
        let names = Arc::new(super::names(text, style));
        let entry = Entry { text: text.into(), style, names: Arc::clone(&names) };
        shard.lock().unwrap_or_else(PoisonError::into_inner).young.insert(hash, entry);
        names
    }
}

#[derive(Default)]
struct Shard {
    young: Generation,
    old: Generation,
}

impl Shard {
    fn find(&mut self, hash: u64, text: &str, style: Style) -> Option<Arc<Names>> {
        if let Some(entry) = self.young.texts.get(&hash) {
            return entry.is(text, style).then(|| Arc::clone(&entry.names));
        }
        let full = self.young.texts.len() >= MAX_TEXTS || self.young.bytes >= MAX_BYTES;
        if full {
            self.old = std::mem::take(&mut self.young);
        }
        let entry = if full { self.old.texts.get(&hash).cloned() } else { self.old.texts.remove(&hash) };
        let entry = entry.filter(|entry| entry.is(text, style))?;
        let names = Arc::clone(&entry.names);
        self.young.insert(hash, entry);
        Some(names)
    }
}

#[derive(Default)]
struct Generation {
    texts: HashMap<u64, Entry, BuildHasherDefault<AsItIs>>,
    bytes: usize,
}

impl Generation {
    fn insert(&mut self, hash: u64, entry: Entry) {
        self.bytes += entry.text.len();
        // Of two texts with one hash the later replaces the earlier.
        self.texts.insert(hash, entry);
    }
}

#[derive(Clone)]
struct Entry {
    text: Box<str>,
    style: Style,
    names: Arc<Names>,
}

impl Entry {
    fn is(&self, text: &str, style: Style) -> bool {
        self.style == style && *self.text == *text
    }
}

/// A hash that is quick. Texts chosen to have the same one push each other out, and no more: a shard is small.
pub(in crate::name) fn quick_hash(text: &str, seed: u64) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let wide = u128::from(hash ^ word).wrapping_mul(u128::from(FACTOR));
        (wide as u64) ^ ((wide >> 64) as u64)
    };
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mut hash = words.iter().fold(FACTOR ^ seed, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    // The last eight bytes again: quicker than the rest byte by byte.
    let last = match text.as_bytes().last_chunk() {
        Some(last) => u64::from_le_bytes(*last),
        None => rest.iter().fold(0, |word, &byte| (word << 8) | u64::from(byte)),
    };
    hash = mix(hash, last);
    mix(hash, text.len() as u64 ^ FACTOR)
}

/// The key is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, &byte| (hash << 8) | u64::from(byte));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_forgets() {
        let cache = Cache::default();
        let name = |i: usize| format!("ns::f{i}(int)");
        for i in 0..3 * SHARDS * MAX_TEXTS {
            assert_eq!(*cache.get(&name(i), Style::Itanium).name, *format!("ns::f{i}"));
            // A text that is looked up repeatedly stays.
            cache.get("always(int)", Style::Itanium);
        }
        let held: usize = cache
            .shards
            .iter()
            .map(|shard| {
                let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
                shard.young.texts.len() + shard.old.texts.len()
            })
            .sum();
        assert!(held <= 2 * SHARDS * MAX_TEXTS, "{held}");
        let h = quick_hash("always(int)", Style::Itanium as u64);
        let shard = &cache.shards[(h >> 59) as usize % SHARDS];
        assert!(shard.lock().unwrap_or_else(PoisonError::into_inner).find(h, "always(int)", Style::Itanium).is_some());
    }

    #[test]
    fn a_spelling_is_part_of_the_question() {
        let cache = Cache::default();
        assert_eq!(&*cache.get("f.1", Style::Windows).name, "f.1");
        assert_eq!(&*cache.get("f.1", Style::Itanium).name, "f");
    }
}
