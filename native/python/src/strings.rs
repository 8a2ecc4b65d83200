//! Names that many rows share, each kept once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

/// Distinct strings in the order they were first met.
///
/// A name in a mapped file is known by where it lies, so that the text of one met before is not read again.
#[derive(Default)]
pub(crate) struct Strings<'a> {
    all: Vec<Cow<'a, str>>,
    by_place: HashMap<(usize, usize), u32, BuildHasherDefault<PlaceHasher>>,
    by_text: HashMap<String, u32>,
}

impl<'a> Strings<'a> {
    /// The number of a string, new or known.
    pub(crate) fn number(&mut self, text: Cow<'a, str>) -> i64 {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let number = match &text {
            Cow::Borrowed(borrowed) => {
                *self.by_place.entry((borrowed.as_ptr() as usize, borrowed.len())).or_insert(next)
            }
            // Owned where bytes that are no UTF-8 were replaced: rare, and at another place each time.
            Cow::Owned(owned) => match self.by_text.get(owned) {
                Some(known) => *known,
                None => *self.by_text.entry(owned.clone()).or_insert(next),
            },
        };
        if number == next {
            self.all.push(text);
        }
        i64::from(number)
    }

    /// As a list of Python strings.
    pub(crate) fn into_list(self, py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
        PyList::new(py, self.all.iter().map(|text| PyString::new(py, text)))
    }
}

/// A multiplicative hash of an address and a length: nobody outside chooses where a file is mapped.
#[derive(Default)]
pub(crate) struct PlaceHasher(u64);

impl Hasher for PlaceHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_usize(usize::from(byte));
        }
    }

    fn write_usize(&mut self, value: usize) {
        self.0 = (self.0.rotate_left(5) ^ value as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        // The low bits choose the bucket, and multiplication leaves the good ones on top.
        self.0.rotate_left(26)
    }
}
