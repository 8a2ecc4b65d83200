//! Sections of strings that end with a zero byte.
//!
//! Files refer to strings by offset, and many offsets may point into one long string: then searching for its end at each use
//! takes quadratic time. Here the end is found in constant time after one pass over the section.

use std::sync::OnceLock;

const BLOCK: usize = 512;

/// A section of strings.
#[derive(Debug, Default)]
pub(crate) struct Strings<'d> {
    bytes: &'d [u8],
    /// For each block the first zero byte at or after its start; the section's length if it has none.
    ends: OnceLock<Vec<usize>>,
}

impl<'d> Strings<'d> {
    pub(crate) const fn new(bytes: &'d [u8]) -> Self {
        Self { bytes, ends: OnceLock::new() }
    }

    /// The string at an offset. `None`: the section ends before the string does.
    pub(crate) fn at(&self, offset: usize) -> Option<&'d [u8]> {
        let next = offset / BLOCK + 1;
        let near = self.bytes.get(offset..(next * BLOCK).min(self.bytes.len()))?;
        let end = match memchr::memchr(0, near) {
            Some(length) => offset + length,
            None => *self.ends.get_or_init(|| ends(self.bytes)).get(next)?,
        };
        self.bytes.get(offset..end).filter(|_| end < self.bytes.len())
    }
}

fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = vec![bytes.len(); bytes.len().div_ceil(BLOCK)];
    let mut last = bytes.len();
    for (block, end) in ends.iter_mut().enumerate().rev() {
        let from = block * BLOCK;
        let here = bytes.get(from..bytes.len().min(from + BLOCK)).unwrap_or_default();
        last = memchr::memchr(0, here).map_or(last, |at| from + at);
        *end = last;
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::Strings;

    #[test]
    fn every_offset_has_the_string_that_a_scan_finds() {
        let mut bytes = vec![b'a'; 5000];
        for at in [0, 1, 511, 512, 513, 1024, 3000, 4998] {
            bytes[at] = 0;
        }
        for length in [0, 1, 512, 513, 1025, 4999, 5000] {
            let bytes = &bytes[..length];
            let strings = Strings::new(bytes);
            for at in 0..length + 2 {
                let rest = bytes.get(at..).unwrap_or_default();
                let expected = rest.iter().position(|&byte| byte == 0).map(|end| &rest[..end]);
                assert_eq!(strings.at(at), expected, "{at} of {length}");
            }
        }
    }
}
