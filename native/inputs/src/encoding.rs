//! Bytes as text: UTF-8 as a rule, UTF-16 if a byte order mark says so.

use std::borrow::Cow;

use crate::notes::Notes;

/// The bytes as text, without a byte order mark. Bytes that are not UTF-8 become U+FFFD, which is noted.
pub(crate) fn text<'a>(bytes: &'a [u8], notes: &mut Notes) -> Cow<'a, str> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes, notes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes, notes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest, 3, notes),
        _ => utf8(bytes, 0, notes),
    }
}

fn utf8<'a>(bytes: &'a [u8], base: usize, notes: &mut Notes) -> Cow<'a, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) => {
            let byte = base + error.valid_up_to();
            notes.note(|| format!("byte {byte}"), "bytes that are no UTF-8");
            String::from_utf8_lossy(bytes)
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, notes: &mut Notes) -> Cow<'static, str> {
    notes.note(|| "byte 0".to_owned(), "the text is UTF-16");
    let units = bytes.as_chunks::<2>().0.iter().map(|&pair| unit(pair));
    Cow::Owned(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}
