//! Names that the Objective-C run-time has for Swift's classes and protocols: `_TtC4main3Foo`.
//!
//! They are of the oldest scheme, and still made today; only what such names can hold is read.

/// Types in each other.
const MAX_NESTING: usize = 16;

/// `_TtC4main3Foo` is `Foo`, `_TtCV4main3Foo3Bar` is `Foo.Bar`.
pub(super) fn demangle(name: &str) -> Option<String> {
    let mut rest = name.strip_prefix("_Tt")?;
    let kinds = rest.bytes().take_while(|kind| matches!(kind, b'C' | b'V' | b'O')).count();
    let protocol = kinds == 0 && rest.starts_with('P');
    if kinds > MAX_NESTING || (kinds == 0 && !protocol) {
        return None;
    }
    rest = &rest[kinds.max(1)..];
    // The module: Swift's own is `s`, C's is `So`.
    rest = match rest.strip_prefix("So").or_else(|| rest.strip_prefix('s')) {
        Some(rest) => rest,
        None => identifier(rest)?.1,
    };
    let mut out = String::new();
    for at in 0..kinds.max(1) {
        if at > 0 {
            out.push('.');
        }
        if let Some(private) = rest.strip_prefix('P') {
            rest = identifier(private)?.1;
        }
        let (part, after) = identifier(rest)?;
        out.push_str(part);
        rest = after;
    }
    (if protocol { rest == "_" } else { rest.is_empty() }).then_some(out)
}

fn identifier(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let length: usize = text[..digits].parse().ok().filter(|&length| length > 0)?;
    let end = digits.checked_add(length)?;
    Some((text.get(digits..end)?, text.get(end..)?))
}
