//! Swift functions as its demangler prints them. They stay whole; only what the compiler made of them goes.

use super::Style;

/// A demangled Swift function: parameters have labels, or a result follows them, or it is some part of another. On Apple's
/// systems also whatever has dots and parameters: `A.f()`.
pub(super) fn is_swift(text: &str, style: Style) -> bool {
    if text.contains("::") {
        return false;
    }
    let Some(list) = text.find('(') else { return PREFIXES.iter().any(|prefix| text.starts_with(prefix)) };
    let (name, after) = text.split_at(list);
    (style == Style::Apple && name.contains('.') && !name.ends_with(' '))
        || after.contains(") -> ")
        || after.contains(") async")
        || after.contains(") throws")
        || after.contains(": ")
        || after.contains(":)")
        || text.contains("closure #")
        || text.starts_with("closure ")
        || PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// What stands before the function that the compiler made a copy or a thunk of.
const PREFIXES: &[&str] = &[
    "specialized ",
    "merged ",
    "partial apply forwarder for ",
    "partial apply for ",
    "reabstraction thunk helper for ",
    "@objc ",
    "@nonobjc ",
    "dispatch thunk of ",
    "dynamic dispatch thunk of ",
];

/// Without the compiler's copies and thunks.
pub(super) fn clean(text: &str) -> &str {
    let mut text = text;
    for _ in 0..8 {
        let before = text.len();
        for prefix in PREFIXES {
            text = text.strip_prefix(prefix).unwrap_or(text);
        }
        // `generic specialization <Swift.Int> of f`, `function signature specialization <Arg[0] = Dead> of f`.
        if (text.starts_with("generic ") || text.starts_with("function signature specialization <"))
            && let Some(at) = text.find("> of ")
        {
            text = &text[at + 5..];
        }
        // `(1) suspend resume partial function for f`.
        if text.starts_with('(')
            && let Some((part, rest)) = text.split_once(" partial function for ")
            && (part.ends_with(" resume") || part.ends_with(" await"))
        {
            text = rest;
        }
        text = text.trim_start();
        if text.len() == before {
            break;
        }
    }
    text
}
