//! Damaged JSON written anew as strict JSON.

use std::borrow::Cow;

use super::reader::{Reader, Shape};
use crate::notes::Notes;
use crate::{Error, Note, limits};

/// The text as strict JSON, and what was repaired.
///
/// Mended are: trailing, doubled and missing commas, control characters and unknown escapes in strings, lone
/// surrogates, bad UTF-8, a byte order mark (UTF-16 as well), numbers that JSON does not have (`NaN` becomes null,
/// `0x10` 16, `+1` 1), names without quotes, wrong brackets, and a cut end, where what is open is closed. Text after
/// the document is dropped. Numbers and the order of members, given twice or not, stay as they are.
///
/// # Errors
///
/// [`Error::Empty`] without any text, [`Error::Unrecognised`] if it does not begin like JSON, [`Error::TooDeep`] beyond
/// 512 nested brackets, [`Error::TooBig`] if the result would have more than `limit` bytes.
pub fn mend_json(bytes: &[u8], limit: usize) -> Result<(Vec<u8>, Vec<Note>), Error> {
    let mut notes = Notes::default();
    let text = crate::encoding::text(bytes, &mut notes);
    let mut reader = Reader::new(&text, 0, String::new()).with_limit(limits::MENDED_DEPTH);
    match reader.peek() {
        None => return Err(Error::Empty),
        Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {}
        Some(_) => return Err(Error::Unrecognised(crate::magic::first_bytes(bytes))),
    }
    let mut out = Output { bytes: Vec::with_capacity(bytes.len().min(limit)), limit };
    value(&mut reader, &mut out);
    if reader.peek().is_some() {
        reader.note_byte("text after the document is left out");
    }
    if out.is_full() {
        return Err(Error::TooBig { what: "the repaired JSON", size: out.bytes.len() as u64, limit: limit as u64 });
    }
    let (read, fault) = reader.finish();
    notes.extend(read);
    fault.map_or_else(|| Ok((out.bytes, notes.finish())), Err)
}

/// What was written, up to a limit; it is worthless once there is more.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) bytes: Vec<u8>,
    pub(crate) limit: usize,
}

impl Output {
    /// Whether the limit was passed.
    const fn is_full(&self) -> bool {
        self.bytes.len() > self.limit
    }

    fn push(&mut self, byte: u8) {
        self.extend(&[byte]);
    }

    /// Write bytes, the first of them that is too many included.
    fn extend(&mut self, bytes: &[u8]) {
        let room = self.limit.saturating_add(1).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// Copy the next value. The reader limits the recursion.
pub(crate) fn value(reader: &mut Reader<'_>, out: &mut Output) {
    if out.is_full() {
        reader.skip();
        return;
    }
    match reader.shape() {
        Shape::Object => {
            out.push(b'{');
            let mut first = true;
            reader.members(|reader, name| {
                comma(&mut first, out);
                string(name, out);
                out.push(b':');
                value(reader, out);
            });
            out.push(b'}');
        }
        Shape::Array => {
            out.push(b'[');
            let mut first = true;
            reader.items(|reader, _| {
                comma(&mut first, out);
                value(reader, out);
            });
            out.push(b']');
        }
        Shape::String => {
            if let Some(text) = reader.string() {
                if text.bytes().any(|b| b < 0x20) && matches!(text, Cow::Borrowed(_)) {
                    reader.note("a control character in a string");
                }
                string(&text, out);
            }
        }
        Shape::Word => {
            let word = reader.word();
            scalar(reader, word, out);
        }
        Shape::Nothing => {
            reader.note("a value is missing");
            out.extend(b"null");
        }
    }
}

fn comma(first: &mut bool, out: &mut Output) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

/// A number, a truth value, null, or the text instead of them.
fn scalar(reader: &mut Reader<'_>, word: &str, out: &mut Output) {
    if matches!(word, "true" | "false" | "null") || is_number(word) {
        out.extend(word.as_bytes());
        return;
    }
    let mended = match word {
        "True" | "TRUE" => "true".to_owned(),
        "False" | "FALSE" => "false".to_owned(),
        "" | "None" | "Null" | "NULL" | "nil" | "undefined" | "NaN" | "nan" | "-nan" | "-NaN" | "Infinity"
        | "-Infinity" | "+Infinity" | "inf" | "-inf" => "null".to_owned(),
        _ => match super::value::whole(word) {
            Some(number) => number.to_string(),
            None => match word.parse::<f64>() {
                Ok(number) if number.is_finite() => format!("{number:?}"),
                _ => {
                    reader.note("a string without quotes");
                    string(word, out);
                    return;
                }
            },
        },
    };
    reader.note(format!("{} became {mended}", super::value::quote(word)));
    out.extend(mended.as_bytes());
}

/// Whether a word is a number as JSON spells it, and one that a double holds: strict readers refuse `1e999`.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = word.strip_prefix('-').unwrap_or(word);
    let n = digits(rest);
    if n == 0 || (n > 1 && rest.starts_with('0')) {
        return false;
    }
    let mut rest = &rest[n..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let n = digits(fraction);
        if n == 0 {
            return false;
        }
        rest = &fraction[n..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let n = digits(exponent);
        if n == 0 {
            return false;
        }
        rest = &exponent[n..];
    }
    rest.is_empty() && word.parse::<f64>().is_ok_and(f64::is_finite)
}

/// A string with everything escaped that has to be.
pub(crate) fn string(text: &str, out: &mut Output) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&b| b < 0x20 || b == b'"' || b == b'\\') {
        out.extend(&rest[..at]);
        let byte = rest[at];
        rest = &rest[at + 1..];
        match byte {
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0..0x20 => out.extend(&[b'\\', b'u', b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
            _ => out.extend(&[b'\\', byte]),
        }
        if out.is_full() {
            return;
        }
    }
    out.extend(rest);
    out.push(b'"');
}
