//! Searching the bytes of a JSON text.

use memchr::memchr2;

/// White space of JSON, and invisible control characters.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x0b | 0x0c | 0)
}

/// The index of the first byte from `at` on that is not white space, or the end.
#[inline]
pub(super) fn after_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        // Nearly everything is beyond the space.
        if byte > b' ' || !is_space(byte) {
            break;
        }
        at += 1;
    }
    at
}

/// Where the string whose inside begins at `start` ends: the index of its closing quote, and whether there are
/// backslashes before it.
#[inline]
pub(super) fn end_of_quoted(bytes: &[u8], start: usize, quote: u8) -> Option<(usize, bool)> {
    if quote == b'"' { end_of::<b'"'>(bytes, start) } else { end_of::<b'\''>(bytes, start) }
}

fn end_of<const QUOTE: u8>(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start;
    let mut escaped = false;
    loop {
        let found = quote_or_backslash::<QUOTE>(bytes, at)?;
        if *bytes.get(found)? == QUOTE {
            return Some((found, escaped));
        }
        escaped = true;
        at = found + 2;
    }
}

/// The index of the next quote or backslash. Most strings are so short that a call of the vectorised search costs more
/// than the search: the first bytes are looked at here, eight at a time.
#[inline]
fn quote_or_backslash<const QUOTE: u8>(bytes: &[u8], mut at: usize) -> Option<usize> {
    const WORDS: usize = 6;
    for _ in 0..WORDS {
        let Some(&word) = bytes.get(at..)?.first_chunk::<8>() else { break };
        let word = u64::from_le_bytes(word);
        let hits = zero_bytes(word ^ repeated(QUOTE)) | zero_bytes(word ^ repeated(b'\\'));
        if hits != 0 {
            return Some(at + (hits.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    Some(at + memchr2(QUOTE, b'\\', bytes.get(at..)?)?)
}

/// Eight times the same byte.
const fn repeated(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of every zero byte. Bytes above the lowest zero byte may be marked wrongly.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeated(0x01)) & !word & repeated(0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_found_wherever_they_lie() {
        for length in 0..120 {
            for fill in [b'a', b'!', b'#', b'[', b']', 0x80, 0xff, 0] {
                let mut text = vec![fill; length];
                assert_eq!(end_of_quoted(&text, 0, b'"'), None);
                text.extend(b"\"\"\\");
                for start in 0..=length {
                    assert_eq!(end_of_quoted(&text, start, b'"'), Some((length, false)));
                }
                text[length] = b'\\';
                assert_eq!(end_of_quoted(&text, 0, b'"'), None, "the quote is escaped, and then a backslash is last");
                text.extend(b"x'\"");
                assert_eq!(end_of_quoted(&text, 0, b'"'), Some((length + 5, true)));
                assert_eq!(end_of_quoted(&text, 0, b'\''), Some((length + 4, true)));
            }
        }
    }
}
