//! White space that is not ASCII: web pages have U+00A0 for runs of spaces, word processors others.

use super::begins_like_json;

/// The text with plain spaces. JSON is changed only if the white space is also between its tokens: inside strings alone it
/// belongs to them.
pub(super) fn clean(text: &str) -> Option<String> {
    if !may_have_others(text.as_bytes()) {
        return None;
    }
    let mut others = text.char_indices().filter(|&(_, c)| replacement(c).is_some()).map(|(at, _)| at);
    let first = others.next()?;
    if begins_like_json(text) && !any_outside_strings(text, std::iter::once(first).chain(others)) {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match replacement(c) {
            None => clean.push(c),
            Some(plain) => clean.push_str(plain),
        }
    }
    Some(clean)
}

/// Whether any byte begins a character that is replaced: most texts have none, and looking at each of their characters
/// would take longer than reading a report.
fn may_have_others(text: &[u8]) -> bool {
    memchr::memchr3(0xc2, 0xe2, 0xe3, text).is_some() || memchr::memchr2(0xe1, 0xef, text).is_some()
}

/// What stands for a character in plain text; None if it stays.
const fn replacement(c: char) -> Option<&'static str> {
    match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(" "),
        // No width: byte order marks in the middle, soft hyphens, marks of a line's direction.
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}' => Some(""),
        _ => None,
    }
}

fn any_outside_strings(text: &str, mut places: impl Iterator<Item = usize>) -> bool {
    let mut next = places.next();
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        let Some(place) = next else { return false };
        if at == place {
            if !in_string {
                return true;
            }
            next = places.next();
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces() {
        assert_eq!(clean("0\u{a0}\u{a0} App\u{200b} 0x1\u{2003}f"), Some("0   App 0x1 f".to_owned()));
        assert_eq!(clean("0   App 0x1 größe"), None);
    }

    #[test]
    fn the_first_look_misses_no_replaced_character() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|&c| replacement(c).is_some()) {
            assert!(may_have_others(c.encode_utf8(&mut [0; 4]).as_bytes()), "{c:?}");
        }
    }

    #[test]
    fn strings_of_json_are_data() {
        assert_eq!(clean("{\"a\": \"b\u{a0}\\\"c\u{a0}\"}"), None);
        assert_eq!(clean("{\u{a0}\"a\": \"b\u{a0}c\"}"), Some("{ \"a\": \"b c\"}".to_owned()));
    }
}
