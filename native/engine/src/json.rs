//! A JSON writer that goes straight into one byte buffer.
//!
//! A report repeats the same dozen keys thousands of times. Writing them directly costs a copy each; a
//! tree of values would cost an allocation each. The writer keeps only "does a comma come next?", so
//! the caller is responsible for balanced brackets: the report's writers open and close in one function.

use crate::hex;

/// Writes one JSON document. Keys must be plain ASCII without quotes or backslashes.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
    comma: bool,
}

/// Bytes that cannot stand in a JSON string as they are: controls, the quote, the backslash.
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

/// Whether a string can stand in JSON as it is. Without a way out of the loop, so that it looks at many bytes at once.
fn is_plain(bytes: &[u8]) -> bool {
    let escaped = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\') | (byte == 0x7f);
    let (chunks, rest) = bytes.as_chunks::<16>();
    let any = |bytes: &[u8]| bytes.iter().fold(false, |any, &byte| any | escaped(byte));
    !chunks.iter().fold(any(rest), |found, chunk| found | any(chunk))
}

impl Writer {
    /// A writer whose buffer already has room for `bytes`.
    #[must_use]
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), comma: false }
    }

    /// The document so far.
    #[must_use]
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
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
    }

    /// `}`
    pub(crate) fn end_object(&mut self) {
        self.out.push(b'}');
        self.comma = true;
    }

    /// `[`
    pub(crate) fn begin_array(&mut self) {
        self.separate();
        self.out.push(b'[');
        self.comma = false;
    }

    /// `]`
    pub(crate) fn end_array(&mut self) {
        self.out.push(b']');
        self.comma = true;
    }

    /// A key of ours; its value must follow.
    pub(crate) fn key(&mut self, key: &str) {
        // One look at the room there is instead of four.
        self.out.reserve(key.len() + 4);
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
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

    /// A string, escaped as needed.
    pub(crate) fn string(&mut self, text: &str) {
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

    /// What stands between the quotes of a string that cannot stand there as it is.
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

    /// A hex string or `null`.
    pub(crate) fn optional_hex(&mut self, value: Option<u64>, width: usize) {
        match value {
            Some(value) => self.hex(value, width),
            None => self.null(),
        }
    }

    /// A JSON text that is known to be valid and on one line.
    pub(crate) fn raw(&mut self, json: &[u8]) {
        self.separate();
        self.out.extend_from_slice(json);
    }

    /// The bytes `from..to` of this document again, as they are: the way an object's unchanging half is
    /// written only once. A range outside of what was written adds nothing.
    pub(crate) fn repeat(&mut self, from: usize, to: usize) {
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
    fn strings_survive_a_real_parser() {
        let all: String =
            (0..0x250u32).filter_map(char::from_u32).chain(['\u{2028}', '\u{1f4a5}', '\u{fffd}']).collect();
        let mut w = Writer::default();
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
        let value: serde_json::Value = serde_json::from_slice(&w.into_bytes()).unwrap();
        assert_eq!(value[&all], serde_json::json!(all));
        assert_eq!(value["n"], serde_json::json!([0, 9, 10, 1u64 << 53, u64::MAX]));
        assert_eq!(value["h"], "0x0040429e");
        assert!(value["none"].is_null());
    }

    #[test]
    fn a_repeated_half_continues_the_object() {
        let mut w = Writer::default();
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
        assert_eq!(w.into_bytes(), br#"[{"a":1,"b":"x"},{"a":2,"b":"x"}]"#);
    }
}
