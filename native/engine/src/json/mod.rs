//! A JSON writer that goes straight into one byte buffer.
//!
//! A report repeats the same dozen keys thousands of times. Writing them directly costs a copy each; a tree of values
//! would cost an allocation each. The writer's only state is whether a comma is due, so the caller is responsible for
//! balanced brackets: the report's writers open and close in one function.

mod value;

use std::collections::BTreeMap;
use std::ops::Range;

pub(crate) use value::{Hex, Null, Text, ToJson};

use crate::document::{self, Document};
use crate::hex;

/// Bytes of one name: a function, a file, a module. Longer names are of no use to readers, and one name may be in every
/// frame.
pub(crate) const NAME_BYTES: usize = 16 << 10;
/// Replaces the rest of a shortened text.
const ELLIPSIS: &str = "…";

/// Writes one JSON document. Keys must be plain ASCII without quotes or backslashes.
///
/// A document has a budget of bytes. Parts whose number depends on the input are written by [`Writer::list`] and
/// [`Writer::entries`], which stop at the end of the budget, and long texts by [`Writer::text`], which shortens them to
/// the rest of it. What is left out is counted; see [`Writer::cut`].
#[derive(Debug)]
pub(crate) struct Writer {
    out: Vec<u8>,
    comma: bool,
    /// Brackets that are open.
    depth: u32,
    /// Where the keys of the outermost object are.
    keys: Vec<usize>,
    /// The position at which the current part of the document has to end.
    end: usize,
    cut: Cut,
}

/// What was left out because the budget was used up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Entries left out, by the list they are missing in.
    pub(crate) omitted: BTreeMap<&'static str, u64>,
    /// Texts that were shortened.
    pub(crate) shortened: u64,
}

impl Cut {
    /// Whether nothing is missing.
    pub(crate) fn is_empty(&self) -> bool {
        self.omitted.is_empty() && self.shortened == 0
    }
}

/// Bytes that have to be escaped in a JSON string: controls, the quote, the backslash.
const ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 0x20 {
        table[i] = true;
        i += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    // DEL is legal, but terminals act on it.
    table[0x7f] = true;
    table
};

/// Whether a string needs no escapes. The loop has no early exit, so that it compiles to vector instructions.
fn is_plain(bytes: &[u8]) -> bool {
    const WIDTH: usize = 16;
    let escaped = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\') | (byte == 0x7f);
    let any = |bytes: &[u8; WIDTH]| bytes.iter().fold(false, |any, &byte| any | escaped(byte));
    // The end overlaps what is before it, or is filled up with what needs no escape.
    let mut filled = [b' '; WIDTH];
    let end = match bytes.last_chunk() {
        Some(end) => end,
        None => {
            filled[..bytes.len()].copy_from_slice(bytes);
            &filled
        }
    };
    let (chunks, _) = bytes.as_chunks();
    !chunks.iter().fold(any(end), |found, chunk| found | any(chunk))
}

/// Bytes of a string in JSON, without its quotes.
fn escaped_length(bytes: &[u8]) -> usize {
    bytes.iter().map(|&byte| if ESCAPED[usize::from(byte)] { 6 } else { 1 }).sum()
}

impl Writer {
    /// A writer of a document that may have `budget` bytes, of which `expected` are reserved at once.
    ///
    /// The document may exceed its budget by one entry of a list and by the parts of it that have a fixed size.
    #[must_use]
    pub(crate) fn new(budget: usize, expected: usize) -> Self {
        let out = document::buffer(expected.min(budget));
        Self { out, comma: false, depth: 0, keys: Vec::new(), end: budget, cut: Cut::default() }
    }

    /// What was left out so far.
    pub(crate) fn cut(&self) -> &Cut {
        &self.cut
    }

    /// Bytes that the present part of the document may still have.
    pub(crate) fn left(&self) -> usize {
        self.end.saturating_sub(self.out.len())
    }

    /// Write a part of the document that may have so many bytes.
    pub(crate) fn within<T>(&mut self, bytes: usize, write: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.end;
        self.end = outer.min(self.out.len().saturating_add(bytes));
        let value = write(self);
        self.end = outer;
        value
    }

    /// Write a part of the document that may have one `of` so many parts of the remaining budget: the rest remains for
    /// the following parts, whatever the input contains.
    pub(crate) fn part<T>(&mut self, of: usize, write: impl FnOnce(&mut Self) -> T) -> T {
        self.within(self.left() / of, write)
    }

    /// Write a part of the document that may have nearly all of the remaining budget: one that readers need most.
    pub(crate) fn most<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        self.within(self.left() / 8 * 7, write)
    }

    /// An array with as many of the items as fit. Returns how many were left out, which is counted under `what`.
    pub(crate) fn list<I: IntoIterator>(
        &mut self,
        what: &'static str,
        items: I,
        write: impl FnMut(&mut Self, I::Item),
    ) -> u64 {
        self.begin_array();
        let omitted = self.as_many_as_fit(what, items, write);
        self.end_array();
        omitted
    }

    /// An array with up to `most` of the items, where a small item of the JSON takes much more memory once it is
    /// decoded.
    pub(crate) fn list_up_to<I: IntoIterator>(
        &mut self,
        what: &'static str,
        most: usize,
        items: I,
        write: impl FnMut(&mut Self, I::Item),
    ) {
        let mut items = items.into_iter();
        self.list(what, items.by_ref().take(most), write);
        self.omit(what, items.count() as u64);
    }

    /// An object with as many of the entries as fit: `write` writes key and value of each.
    pub(crate) fn entries<I: IntoIterator>(
        &mut self,
        what: &'static str,
        items: I,
        write: impl FnMut(&mut Self, I::Item),
    ) {
        self.begin_object();
        self.as_many_as_fit(what, items, write);
        self.end_object();
    }

    /// As many of the items as fit, inside brackets that the caller writes.
    pub(crate) fn as_many_as_fit<I: IntoIterator>(
        &mut self,
        what: &'static str,
        items: I,
        mut write: impl FnMut(&mut Self, I::Item),
    ) -> u64 {
        let mut items = items.into_iter();
        while let Some(item) = items.next() {
            if self.left() == 0 {
                let omitted = 1 + items.count() as u64;
                self.omit(what, omitted);
                return omitted;
            }
            write(self, item);
        }
        0
    }

    /// Count entries that are left out.
    pub(crate) fn omit(&mut self, what: &'static str, count: u64) {
        if count > 0 {
            *self.cut.omitted.entry(what).or_default() += count;
        }
    }

    /// The bytes that were written.
    #[must_use]
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// The document, which is an object.
    #[must_use]
    pub(crate) fn document(&mut self) -> Document {
        Document::new(self.take(), std::mem::take(&mut self.keys))
    }

    /// Bytes written so far: a mark for [`Writer::repeat`].
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// The comma before whatever comes next, if one is due.
    pub(crate) fn separate(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
    }

    /// `{`
    pub(crate) fn begin_object(&mut self) {
        self.separate();
        self.out.push(b'{');
        self.comma = false;
        self.depth += 1;
    }

    /// `}`
    pub(crate) fn end_object(&mut self) {
        self.out.push(b'}');
        self.comma = true;
        self.depth = self.depth.saturating_sub(1);
    }

    /// `[`
    pub(crate) fn begin_array(&mut self) {
        self.separate();
        self.out.push(b'[');
        self.comma = false;
        self.depth += 1;
    }

    /// `]`
    pub(crate) fn end_array(&mut self) {
        self.out.push(b']');
        self.comma = true;
        self.depth = self.depth.saturating_sub(1);
    }

    /// A key of ours; its value must follow.
    ///
    /// A report has a thousand keys. Compiled in where the key is known, the copy of one is a few instructions instead of a call.
    #[inline(always)]
    pub(crate) fn key(&mut self, key: &str) {
        // One check of the capacity instead of four.
        self.out.reserve(key.len() + 4);
        self.separate();
        if self.depth == 1 {
            self.note_key();
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.comma = false;
    }

    /// Note where a key of the outermost object begins: there are few of these.
    #[cold]
    fn note_key(&mut self) {
        self.keys.push(self.out.len());
    }

    /// A key of ours and its value.
    #[inline(always)]
    pub(crate) fn field(&mut self, key: &str, value: impl ToJson) {
        self.key(key);
        value.write(self);
    }

    /// Bytes of the document, with the commas before them if there are some, for [`Writer::field_again`].
    pub(crate) fn written(&self, range: Range<usize>) -> &[u8] {
        self.out.get(range).unwrap_or_default()
    }

    /// Fields as they were written before, where the same comma is due.
    pub(crate) fn field_again(&mut self, written: &[u8]) {
        self.out.extend_from_slice(written);
        self.comma = true;
    }

    /// Fields and then a key as they were written before, where the same comma is due; the value of the key must follow.
    pub(crate) fn key_again(&mut self, written: &[u8]) {
        self.out.extend_from_slice(written);
        self.comma = false;
    }

    /// A key that came from the input; its value must follow.
    pub(crate) fn foreign_key(&mut self, key: &str) {
        self.string(key);
        self.out.push(b':');
        self.comma = false;
    }

    /// `null`
    pub(crate) fn null(&mut self) {
        self.separate();
        self.out.extend_from_slice(b"null");
    }

    /// `true` or `false`
    pub(crate) fn bool(&mut self, value: bool) {
        self.separate();
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// An unsigned number. Readers that hold numbers as doubles lose digits above 2^53: the caller
    /// writes what may be larger with [`Writer::hex`].
    pub(crate) fn number(&mut self, value: u64) {
        self.separate();
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        let mut rest = value;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(&digits[at..]);
    }

    /// A number as a hex string, zero-padded to `width` digits: `"0x0040429e"`.
    pub(crate) fn hex(&mut self, value: u64, width: usize) {
        self.separate();
        self.out.push(b'"');
        hex::push(&mut self.out, value, width);
        self.out.push(b'"');
    }

    /// Bytes as a string of lower-case hex digits.
    pub(crate) fn hex_bytes(&mut self, bytes: &[u8]) {
        self.separate();
        self.out.push(b'"');
        for &byte in bytes {
            hex::push_byte(&mut self.out, byte);
        }
        self.out.push(b'"');
    }

    /// A name or another short string, escaped as needed; one that is longer than [`NAME_BYTES`] is shortened.
    pub(crate) fn string(&mut self, text: &str) {
        self.shortened(text, NAME_BYTES);
    }

    /// A text that may be long: a message, a comment. It is shortened to the remaining budget.
    pub(crate) fn text(&mut self, text: &str) {
        // Six bytes for each: the longest escape.
        let fits = |text: &str| text.len() <= self.left() / 6 || escaped_length(text.as_bytes()) <= self.left();
        if text.len() <= NAME_BYTES || fits(text) {
            self.whole(text);
        } else {
            self.shortened(text, NAME_BYTES.max(self.left() / 6));
        }
    }

    /// A text or `null`.
    pub(crate) fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    fn shortened(&mut self, text: &str, most: usize) {
        if text.len() <= most {
            return self.whole(text);
        }
        self.cut.shortened += 1;
        let kept = (most.saturating_sub(ELLIPSIS.len())..=most).rev().find(|&at| text.is_char_boundary(at));
        let kept = text.get(..kept.unwrap_or(0)).unwrap_or_default();
        self.whole(kept);
        // Before the closing quote.
        self.out.pop();
        self.out.extend_from_slice(ELLIPSIS.as_bytes());
        self.out.push(b'"');
    }

    fn whole(&mut self, text: &str) {
        self.separate();
        self.out.push(b'"');
        let bytes = text.as_bytes();
        if is_plain(bytes) {
            self.out.extend_from_slice(bytes);
        } else {
            self.escaped(bytes);
        }
        self.out.push(b'"');
    }

    /// The content of a string that needs escapes.
    fn escaped(&mut self, bytes: &[u8]) {
        let mut plain = 0;
        for (i, &byte) in bytes.iter().enumerate() {
            if ESCAPED[usize::from(byte)] {
                self.out.extend_from_slice(&bytes[plain..i]);
                self.escape(byte);
                plain = i + 1;
            }
        }
        self.out.extend_from_slice(&bytes[plain..]);
    }

    fn escape(&mut self, byte: u8) {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => {
                self.out.extend_from_slice(b"\\u00");
                hex::push_byte(&mut self.out, byte);
                return;
            }
        };
        self.out.extend_from_slice(&[b'\\', short]);
    }

    /// A string or `null`.
    pub(crate) fn optional_string(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.null(),
        }
    }

    /// A number or `null`.
    pub(crate) fn optional_number(&mut self, value: Option<u64>) {
        match value {
            Some(value) => self.number(value),
            None => self.null(),
        }
    }

    /// A JSON text that is known to be valid and on one line.
    pub(crate) fn raw(&mut self, json: &[u8]) {
        self.separate();
        self.out.extend_from_slice(json);
    }

    /// The bytes `from..to` of this document again, as they are: the rest of an object with its closing bracket, which is
    /// written only once. A range outside of what was written adds nothing.
    pub(crate) fn repeat(&mut self, from: usize, to: usize) {
        self.depth = self.depth.saturating_sub(1);
        if from <= to && to <= self.out.len() {
            self.out.extend_from_within(from..to);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_needs_an_escape_is_found_at_every_place() {
        for length in 0..50 {
            assert!(is_plain(&vec![b'~'; length]));
            for (at, escaped) in (0..length).flat_map(|at| [0, 0x1f, b'"', b'\\', 0x7f].map(|byte| (at, byte))) {
                let mut text = vec![b'~'; length];
                text[at] = escaped;
                assert!(!is_plain(&text), "{escaped:#x} at {at} of {length}");
            }
        }
    }

    #[test]
    fn strings_survive_a_real_parser() {
        let all: String =
            (0..0x250u32).filter_map(char::from_u32).chain(['\u{2028}', '\u{1f4a5}', '\u{fffd}']).collect();
        let mut w = Writer::new(usize::MAX, 0);
        w.begin_object();
        w.foreign_key(&all);
        w.string(&all);
        w.key("n");
        w.begin_array();
        for n in [0, 9, 10, 1 << 53, u64::MAX] {
            w.number(n);
        }
        w.end_array();
        w.key("h");
        w.hex(0x40_429e, 8);
        w.key("none");
        w.null();
        w.end_object();
        let value: serde_json::Value = serde_json::from_slice(&w.take()).unwrap();
        assert_eq!(value[&all], serde_json::json!(all));
        assert_eq!(value["n"], serde_json::json!([0, 9, 10, 1u64 << 53, u64::MAX]));
        assert_eq!(value["h"], "0x0040429e");
        assert!(value["none"].is_null());
    }

    #[test]
    fn a_budget_ends_lists_and_shortens_texts() {
        let mut w = Writer::new(80_000, 0);
        w.begin_object();
        w.key("names");
        let omitted = w.part(2, |w| w.list("names", 0..1000, |w, _| w.string(&"n".repeat(100_000))));
        assert_eq!(omitted, 1000 - 3);
        w.key("text");
        w.text(&"\u{1}ü".repeat(20_000));
        w.key("more");
        w.entries("more", 0..10, |w, n| {
            w.foreign_key(&n.to_string());
            w.text("short texts stay whole");
        });
        w.end_object();
        let cut = w.cut().clone();
        assert_eq!(cut.omitted.get("names"), Some(&997));
        assert_eq!(cut.shortened, 4);
        let json = w.take();
        assert!(json.len() < 80_000 + NAME_BYTES * 6, "{}", json.len());
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(value["names"][0].as_str().unwrap().len(), NAME_BYTES + ELLIPSIS.len());
        assert!(value["text"].as_str().unwrap().ends_with(ELLIPSIS));
    }

    #[test]
    fn a_repeated_half_continues_the_object() {
        let mut w = Writer::new(usize::MAX, 0);
        w.begin_array();
        w.begin_object();
        w.key("a");
        w.number(1);
        let from = w.len();
        w.key("b");
        w.string("x");
        w.end_object();
        let to = w.len();
        w.begin_object();
        w.key("a");
        w.number(2);
        w.repeat(from, to);
        w.end_array();
        assert_eq!(w.take(), br#"[{"a":1,"b":"x"},{"a":2,"b":"x"}]"#);
    }
}
