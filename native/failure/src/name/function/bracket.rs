//! Where a bracket closes.

use crate::name::sanitise::head;

/// Bytes up to and with the bracket that closes the one `rest` starts with; None if nothing does.
///
/// Brackets of all kinds nest, and one kind does not close another: in `A<(b>c)>` the first `>` is a comparison. Those
/// of `operator<`, `operator->` and of arrows are not brackets. One pass; what is open is kept in a list, so depth
/// costs a byte each and no stack.
pub(super) fn closing(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut open: Vec<u8> = Vec::new();
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        match byte {
            b'(' | b'[' | b'{' | b'`' | b'<' => open.push(byte),
            b')' | b']' | b'}' => {
                let opener = match byte {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                // A `<` that is still open inside was a comparison.
                if let Some(at) = open.iter().rposition(|&o| o != b'<').filter(|&at| open[at] == opener) {
                    open.truncate(at);
                }
            }
            b'>' if open.last() == Some(&b'<') && !matches!(bytes.get(i.wrapping_sub(1)), Some(b'-' | b'=')) => {
                open.pop();
            }
            b'\'' if open.last() == Some(&b'`') => {
                open.pop();
            }
            b'o' if bytes[i..].starts_with(b"operator") => {
                i += 8;
                while bytes.get(i).is_some_and(|b| matches!(b, b'<' | b'>' | b'=' | b'-')) {
                    i += 1;
                }
                continue;
            }
            _ => {}
        }
        i += 1;
        if open.is_empty() {
            return Some(i);
        }
    }
    None
}

/// As [`closing`], for brackets that are no longer than `limit` bytes: for callers that look for many, one after the
/// other.
pub(super) fn closing_within(rest: &str, limit: usize) -> Option<usize> {
    closing(head(rest, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (text, end) in [
            ("(a)b", 3),
            ("<a<b>>c", 6),
            ("<(a>b)>c", 7),
            ("<a::operator<, b>c", 17),
            ("<fn() -> b>c", 11),
            ("(a<b)c", 5),
            ("{lambda(int)#1}::x", 15),
            ("`A::`2'::f'::g", 11),
            ("<bool,`lambda at ../a>b.cc:1:2'>x", 32),
            ("<'a, T>x", 7),
        ] {
            assert_eq!(closing(text), Some(end), "{text}");
        }
        for text in ["(", "<a", "(a]", "{a)", "`a"] {
            assert_eq!(closing(text), None, "{text}");
        }
    }
}
