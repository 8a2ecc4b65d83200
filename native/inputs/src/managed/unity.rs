//! Stack frames as Unity prints them: without a word before them, with a colon or a dot before the method.
//!
//! `Shop.Cart:Total () (at Assets/Cart.cs:31)` of editors and development builds, `Shop.Cart:Total()` of players,
//! `Shop.Cart.Total () (at <00000000000000000000000000000000>:0)` of IL2CPP.

use super::clr_method::{closing, split_method};
use super::frame::{owned, trailing_number};
use crate::crash::ManagedFrame;

/// The start of the line with which Unity names an exception that was thrown around the one printed above it.
pub(super) const RETHROW: &str = "Rethrow as ";

/// Methods that write a line into Unity's log; below it the log shows the stack of their callers. Not `LogException`:
/// the line above is an exception's then.
const LOG_CALLS: [&str; 4] = [
    "UnityEngine.Debug:Log",
    "UnityEngine.Logger:Log",
    "UnityEngine.DebugLogHandler:",
    "UnityEngine.StackTraceUtility:ExtractStackTrace",
];

/// Whether a line is the frame of a method that writes a log line: `UnityEngine.Debug:LogWarning (object)`. Its stack
/// belongs to a message, not to a crash.
pub(super) fn is_log_call(text: &str) -> bool {
    let name = text.split_once('(').map_or("", |(name, _)| name.trim_end());
    LOG_CALLS.iter().any(|call| name.starts_with(call)) && !name.ends_with("Exception")
}

/// How surely a line is a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// A source file, or a colon between type and method: nothing else is spelled so.
    Own,
    /// `Type.Method (Parameters)`, which may be a sentence's end as well.
    Shape,
}

/// A frame; None if the line is not a frame.
pub(super) fn frame(text: &str) -> Option<(ManagedFrame, Evidence)> {
    let text = text.strip_prefix("at ").unwrap_or(text).trim();
    let text = match text.strip_prefix("(wrapper ").and_then(|rest| rest.split_once(") ")) {
        Some((_, call)) => call,
        None => text,
    };
    let open = text.find('(')?;
    let name = text[..open].trim_end();
    let close = open + closing(&text[open..])?;
    let (parameters, tail) = (text[open + 1..close].trim(), text[close + 1..].trim());
    let (class, method) = split_method(name);
    if class.is_empty() || !is_name(class) || !is_name(method) || !parameters.chars().all(is_of_type) {
        return None;
    }
    let (file, line) = match tail {
        "" => (None, None),
        tail => source(tail)?,
    };
    let colon = name.len() > class.len() && name.as_bytes()[class.len()] == b':';
    let evidence = if colon || !tail.is_empty() { Evidence::Own } else { Evidence::Shape };
    let frame = ManagedFrame {
        class: owned(class),
        method: owned(method),
        parameters: Some(parameters.to_owned()),
        file: file.and_then(owned),
        line,
        ..ManagedFrame::default()
    };
    Some((frame, evidence))
}

/// File and line of `(at Assets/Cart.cs:31)`; without a file of `(at <0000>:0)`. None for other texts.
pub(super) fn source(tail: &str) -> Option<(Option<&str>, Option<u32>)> {
    let place = tail.strip_prefix("(at ")?.strip_suffix(')')?;
    let (file, line) = trailing_number(place)?;
    let file = file.strip_suffix(':')?;
    let known = !file.is_empty() && !file.starts_with('<');
    Some((Some(file).filter(|_| known), Some(line).filter(|&line| known && line > 0)))
}

/// A type or a method: letters, digits, and what compilers and generics put in. No type begins with a digit.
fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().any(char::is_alphabetic)
        && name.chars().all(|c| {
            c.is_alphanumeric()
                || matches!(c, '_' | '.' | '+' | '<' | '>' | '`' | '|' | '$' | '[' | ']' | ',' | '-' | '/')
        })
        && !name.contains("//")
}

/// A character of a list of parameters, types with or without names.
fn is_of_type(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(
            c,
            '_' | '.' | ',' | ' ' | '+' | '<' | '>' | '`' | '[' | ']' | '&' | '*' | '@' | '/' | '(' | ')' | '$'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let of = |text| {
            frame(text).map(|(frame, evidence)| {
                (
                    frame.function().map(std::borrow::Cow::into_owned).unwrap_or_default(),
                    frame.file,
                    frame.line,
                    evidence,
                )
            })
        };
        let at = |file: &str, line| (Some(file.to_owned()), Some(line));
        for (text, function, (file, line), evidence) in [
            ("Shop.Cart.Total () (at Assets/Cart.cs:31)", "Shop.Cart.Total", at("Assets/Cart.cs", 31), Evidence::Own),
            ("at Shop.Cart:Total(Int32, String)", "Shop.Cart.Total", (None, None), Evidence::Own),
            ("Shop.Cart:Total () (at C:/src/Cart.cs:7)", "Shop.Cart.Total", at("C:/src/Cart.cs", 7), Evidence::Own),
            ("Cart:.ctor()", "Cart..ctor", (None, None), Evidence::Own),
            ("Shop.Cart.Total () (at <0000000000000000>:0)", "Shop.Cart.Total", (None, None), Evidence::Own),
            (
                "Shop.Cart+<>c__DisplayClass5_0.<Load>b__0 (System.Collections.Generic.List`1[T] all)",
                "Shop.Cart+<>c__DisplayClass5_0.<Load>b__0",
                (None, None),
                Evidence::Shape,
            ),
        ] {
            assert_eq!(of(text), Some((function.to_owned(), file, line, evidence)), "{text}");
        }
        for text in
            ["see Foo.Bar (x)", "(Filename: ./Runtime/Foo.h Line: 42)", "http://x/y(z)", "12:30 (late)", "Total ()"]
        {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
