//! Java and Kotlin classes that compilers and frameworks make while the program runs: their numbers are new every time.

use std::borrow::Cow;

/// Marks after which the rest of a class's simple name is made up.
const GENERATED: &[&str] = &[
    "$$Lambda",
    "$$EnhancerBy",
    "$$FastClassBy",
    "$$KeyFactoryBy",
    "$$SpringCGLIB",
    "$$ExternalSyntheticLambda",
    "$$InternalSyntheticLambda",
    "$$ExternalSyntheticOutline",
    "$MockitoMock$",
    "$HibernateProxy$",
    "$ByteBuddy$",
    "_$$_jvst",
    "_$$_javassist",
    "GeneratedMethodAccessor",
    "GeneratedConstructorAccessor",
    "GeneratedSerializationConstructorAccessor",
    "$Proxy",
];

/// Without the numbers: `a.B$$Lambda$14/0x0000000800c03000.run` to `a.B$$Lambda.run`, `a.B$1.run` to `a.B$.run`,
/// `a.B.access$000` to `a.B.access$`.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut i = 0;
    let bytes = text.as_bytes();
    while let Some(found) = bytes[i..].iter().position(|b| matches!(b, b'$' | b'G')) {
        i += found;
        let rest = &text[i..];
        // The framework's name follows `By`: `$$EnhancerBySpringCGLIB$$1a2b3c4d`.
        let mark = GENERATED.iter().find(|mark| {
            rest.starts_with(**mark)
                || (mark.starts_with('_') && i > copied && bytes[i - 1..].starts_with(mark.as_bytes()))
        });
        let (keep, skip) = match mark {
            Some(mark) => {
                let start = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
                let word = rest[start..].bytes().take_while(|b| b.is_ascii_alphabetic()).count();
                let keep = if mark.starts_with('_') { mark.len() - 1 } else { start + word };
                (keep, keep + made_up(&rest[keep..]))
            }
            None if rest.starts_with('$') => (1, 1 + rest[1..].bytes().take_while(u8::is_ascii_digit).count()),
            None => (1, 1),
        };
        // `$1` is a class without a name only if the name ends there: not `a$1b`.
        let ends = bytes.get(i + skip).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_');
        if skip > keep && ends {
            out.push_str(&text[copied..i + keep]);
            copied = i + skip;
        }
        i += skip;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Bytes of `$14/0x0000000800c03000`, `$$1a2b3c4d` and the like: up to the method.
fn made_up(rest: &str) -> usize {
    rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'$' | b'/' | b'_')).count()
}
