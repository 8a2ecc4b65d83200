//! The JSON document of a report.

use std::ops::Deref;

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
    pub fn into_json(self) -> Vec<u8> {
        self.json
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

impl Deref for Document {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.json
    }
}
