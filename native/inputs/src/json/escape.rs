//! Undoing the escapes of JSON strings.

/// The text of a string's inside, and what was wrong with its escapes (the last thing, if several).
///
/// A lone surrogate becomes U+FFFD. A backslash before something that needs none stays: it is most likely a Windows
/// path that were not escaped.
pub(crate) fn unescape(raw: &str) -> (String, Option<&'static str>) {
    let mut out = String::with_capacity(raw.len());
    let mut fault = None;
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(next) = rest.chars().next() else {
            fault = Some("a backslash at the end of a string");
            out.push('\\');
            break;
        };
        let after = &rest[next.len_utf8()..];
        let plain = match next {
            '"' | '\\' | '/' => next,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (c, used) = unicode(after, &mut fault);
                out.push(c);
                rest = &after[used..];
                continue;
            }
            '\'' => {
                fault = Some("an escape that JSON does not have");
                next
            }
            _ => {
                fault = Some("an escape that JSON does not have");
                out.push('\\');
                next
            }
        };
        out.push(plain);
        rest = after;
    }
    out.push_str(rest);
    (out, fault)
}

/// The character after `\u`, and how many bytes of `text` it took.
fn unicode(text: &str, fault: &mut Option<&'static str>) -> (char, usize) {
    let unit = |text: &str| {
        let digits = text.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(high) = unit(text) else {
        *fault = Some("an escape without its four digits");
        return (char::REPLACEMENT_CHARACTER, 0);
    };
    if let Some(c) = char::from_u32(high) {
        return (c, 4);
    }
    // A surrogate: it needs its other half.
    if high < 0xdc00
        && let Some(low) = text[4..].strip_prefix("\\u").and_then(unit)
        && (0xdc00..0xe000).contains(&low)
        && let Some(c) = char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    {
        return (c, 10);
    }
    *fault = Some("half of a surrogate pair");
    (char::REPLACEMENT_CHARACTER, 4)
}
