//! Running text with mangled names in it.

use std::borrow::Cow;

use super::name::demangle;
use super::scheme::scheme;

/// The text with every mangled word readable; the rest, byte for byte, as it was.
#[must_use]
pub fn demangle_words(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        if !matches!(byte, b'_' | b'?' | b'$' | b'.') && !byte.is_ascii_alphanumeric() {
            i += 1;
            continue;
        }
        let end = i + word(&bytes[i..]);
        // Some mangled names start inside a word: `.?AVFoo@@` is one, `a.?f` is not.
        if scheme(&text[i..end]).is_some()
            && let Some((used, readable)) = longest(&text[i..end])
        {
            out.push_str(&text[copied..i]);
            out.push_str(&readable);
            copied = i + used;
        }
        i = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Bytes that can be part of the mangled name that may start here.
fn word(bytes: &[u8]) -> usize {
    let msvc = matches!(bytes, [b'?', ..] | [b'.', b'?', ..]);
    let part = |b: &u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.') || (msvc && matches!(b, b'@' | b'?' | b'<' | b'>'))
    };
    bytes.iter().take_while(|b| part(b)).count()
}

/// The word demangled; without the full stop that may end the sentence.
fn longest(word: &str) -> Option<(usize, String)> {
    if let Some(text) = demangle(word) {
        return Some((word.len(), text));
    }
    let shorter = word.trim_end_matches(['.', '?']);
    if shorter.len() == word.len() {
        return None;
    }
    demangle(shorter).map(|text| (shorter.len(), text))
}
