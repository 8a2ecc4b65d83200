//! Patterns of rules, and tables of them that are quick to search.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use memchr::memmem::Finder;

/// Text with `*` for any run of characters.
#[derive(Debug)]
pub(super) enum Pattern {
    Exact(String),
    Prefix(String),
    Glob(Glob),
}

/// A pattern with a `*` before its end.
#[derive(Debug)]
pub(super) struct Glob {
    first: String,
    /// Prepared to be searched for.
    middle: Vec<Finder<'static>>,
    last: String,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Pattern {
        match text.split('*').collect::<Vec<_>>()[..] {
            [whole] => Pattern::Exact(whole.to_owned()),
            [start, ""] => Pattern::Prefix(start.to_owned()),
            [first, ref middle @ .., last] => Pattern::Glob(Glob {
                first: first.to_owned(),
                middle: middle.iter().map(|part| Finder::new(part).into_owned()).collect(),
                last: last.to_owned(),
            }),
            [] => Pattern::Exact(String::new()),
        }
    }

    /// `any_case`: ASCII letters match whatever their case.
    pub(super) fn matches(&self, text: &str, any_case: bool) -> bool {
        let starts = |start: &str| match any_case {
            true => text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
            false => text.starts_with(start),
        };
        match self {
            Pattern::Exact(whole) => whole.len() == text.len() && starts(whole),
            Pattern::Prefix(start) => starts(start),
            Pattern::Glob(glob) => glob.matches(text),
        }
    }
}

impl Glob {
    /// The parts occur in this order, the first at the start and the last at the end. One pass, no going back: with `*`
    /// as the only wildcard the earliest match of each part is as good as any.
    fn matches(&self, text: &str) -> bool {
        // An empty part is not compared: on some processors a comparison of no bytes takes longer than all the rest.
        let mut rest = text.as_bytes();
        if !self.first.is_empty() {
            let Some(behind) = rest.strip_prefix(self.first.as_bytes()) else { return false };
            rest = behind;
        }
        if !self.last.is_empty() {
            let Some(before) = rest.strip_suffix(self.last.as_bytes()) else { return false };
            rest = before;
        }
        self.middle.iter().all(|part| match part.find(rest) {
            Some(at) => {
                rest = &rest[at + part.needle().len()..];
                true
            }
            None => false,
        })
    }
}

/// Patterns and their rules under the first four bytes of what they match, in lower case.
#[derive(Debug)]
pub(super) struct Buckets<P> {
    by_start: HashMap<u32, Vec<(P, usize)>, BuildHasherDefault<Ends>>,
    /// Patterns that are shorter.
    short: Vec<(P, usize)>,
}

impl<P> Default for Buckets<P> {
    fn default() -> Self {
        Buckets { by_start: HashMap::default(), short: Vec::new() }
    }
}

impl<P> Buckets<P> {
    fn key(text: &str) -> Option<u32> {
        text.as_bytes().first_chunk().map(|start| u32::from_le_bytes(*start) | 0x2020_2020)
    }

    /// `start`: what everything the pattern matches starts with.
    pub(super) fn add(&mut self, start: &str, pattern: P, rule: usize) {
        match Self::key(start) {
            Some(key) => self.by_start.entry(key).or_default().push((pattern, rule)),
            None => self.short.push((pattern, rule)),
        }
    }

    /// The patterns that may match.
    pub(super) fn candidates(&self, text: &str) -> impl Iterator<Item = &(P, usize)> {
        Self::key(text).and_then(|key| self.by_start.get(&key)).into_iter().flatten().chain(&self.short)
    }
}

/// Hashes a name by its length and its two ends: quick, and good enough for a table that is fixed.
#[derive(Default)]
pub(super) struct Ends(u64);

impl Hasher for Ends {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let short = || bytes.iter().fold(0_u64, |word, &byte| (word << 8) | u64::from(byte));
        let head = bytes.first_chunk().map_or_else(short, |word| u64::from_le_bytes(*word));
        let tail = bytes.last_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        for value in [head, tail, bytes.len() as u64] {
            self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.0 = u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    /// The end mark of a text says nothing that its length does not.
    fn write_u8(&mut self, _: u8) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(Pattern::new("a*").matches("abc", false));
        assert!(Pattern::new("KERNEL32").matches("kernel32", true));
        assert!(!Pattern::new("kernel32").matches("kernel32x", true));
        assert!(Pattern::new("__*_chk_fail").matches("__memcpy_chk_fail", false));
        assert!(!Pattern::new("__*_chk_fail").matches("__memcpy_chk", false));
        assert!(Pattern::new("a*b*c").matches("aXbYc", false));
        assert!(!Pattern::new("é*").matches("e", true));
        assert!(Pattern::new("*::a::~a").matches("x::a::~a", false));
        assert!(!Pattern::new("*::a::~a").matches("x::a::~a()", false));
        assert!(Pattern::new("a*ab*b").matches("aabb", false));
        // No part is used for two.
        for text in ["ab", "aab", "abb"] {
            assert!(!Pattern::new("a*ab*b").matches(text, false), "{text}");
        }
    }
}
