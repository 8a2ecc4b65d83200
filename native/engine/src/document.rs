//! The JSON document of a report.

use std::cell::Cell;
use std::ops::Deref;

/// The largest memory of a document that is kept for the next one.
const KEPT_BYTES: usize = 4 << 20;

thread_local! {
    /// The memory of the last document that ended in this thread. A large one would go back to the system, which has to clear each
    /// page of it for the next report.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// An empty buffer for a document that is expected to have so many bytes.
pub(crate) fn buffer(expected: usize) -> Vec<u8> {
    let mut spare = SPARE.try_with(Cell::take).unwrap_or_default();
    if spare.capacity() < expected {
        return Vec::with_capacity(expected);
    }
    spare.clear();
    spare
}

/// The JSON document of a report: one object, UTF-8, on one line. It is `Deref` to its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    json: Vec<u8>,
    /// Where the keys of the object are, in order.
    keys: Vec<usize>,
}

impl Document {
    /// A document, and the positions of the quotes before its keys.
    pub(crate) fn new(json: Vec<u8>, keys: Vec<usize>) -> Self {
        Self { json, keys }
    }

    /// The JSON.
    #[must_use]
    pub fn into_json(mut self) -> Vec<u8> {
        std::mem::take(&mut self.json)
    }

    /// The keys of the object and the JSON of their values, in order. Whoever needs some of them need not parse the others.
    pub fn values(&self) -> impl Iterator<Item = (&str, &[u8])> {
        // Of the last value: a comma where the object has its bracket.
        let ends = self.keys.iter().skip(1).copied().chain([self.json.len()]);
        self.keys.iter().zip(ends).filter_map(|(&start, end)| {
            // Keys have no quotes in them.
            let field = self.json.get(start + 1..end.checked_sub(1)?)?;
            let (key, value) = field.split_at_checked(field.iter().position(|&byte| byte == b'"')?)?;
            Some((str::from_utf8(key).ok()?, value.strip_prefix(b"\":")?))
        })
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        let json = std::mem::take(&mut self.json);
        if (1..=KEPT_BYTES).contains(&json.capacity()) {
            let _ = SPARE.try_with(|spare| spare.set(json));
        }
    }
}

impl Deref for Document {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_document_is_used_again() {
        drop(Document::new(Vec::with_capacity(100_000), Vec::new()));
        let next = buffer(10);
        assert!(next.is_empty() && next.capacity() >= 100_000);
        // It is in use now, and one that is too small is no help.
        assert!(buffer(10).capacity() < 100_000);
        drop(Document::new(vec![b'x'; 10], Vec::new()));
        assert!(buffer(1000).capacity() >= 1000);
    }

    #[test]
    fn a_document_that_is_kept_and_a_large_one_leave_nothing() {
        drop(Document::new(Vec::with_capacity(KEPT_BYTES + 1), Vec::new()));
        assert_eq!(buffer(0).capacity(), 0);
        assert_eq!(Document::new(b"{}".to_vec(), Vec::new()).into_json(), b"{}");
        assert_eq!(buffer(0).capacity(), 0);
    }
}
