//! C++ names of GCC and Clang.

use cpp_demangle::{DemangleOptions, ParseOptions, Symbol};

use super::MAX_OUTPUT;
use super::bounded::Bounded;

/// How deep the parser and the printer may recurse. Real names with templates in templates need about 150; the stack that
/// this takes is well below the 2 MiB that a thread has.
const MAX_DEPTH: u32 = 192;

/// Whether what follows the underscores can be a mangled name, and is not just a function like `_Zfoo`.
pub(super) fn may_start(bare: &str) -> bool {
    matches!(
        bare.as_bytes().get(1),
        Some(b'0'..=b'9' | b'N' | b'S' | b'T' | b'G' | b'L' | b'Z' | b'a'..=b'z' | b'U' | b'D')
    )
}

/// With parameters, as `c++filt` prints it.
pub(super) fn demangle(name: &str) -> Option<String> {
    let parse = ParseOptions::default().recursion_limit(MAX_DEPTH);
    let symbol = Symbol::new_with_options(name, &parse).ok()?;
    let mut out = Bounded::new(MAX_OUTPUT);
    symbol.structured_demangle(&mut out, &DemangleOptions::default().recursion_limit(MAX_DEPTH)).ok()?;
    Some(usual(out.into_text()))
}

/// What the library writes in braces, in the words of all other tools: tables, and thunks of the functions they lead to.
fn usual(text: String) -> String {
    if !text.starts_with('{') {
        return text;
    }
    let (whole, clone) = text.split_at(text.find(" [clone ").unwrap_or(text.len()));
    for (start, words) in [("{vtable(", "vtable for "), ("{vtt(", "VTT for ")] {
        if let Some(inner) = whole.strip_prefix(start).and_then(|rest| rest.strip_suffix(")}")) {
            return format!("{words}{inner}{clone}");
        }
    }
    let Some(mut inner) = whole.strip_prefix("{virtual override thunk(").and_then(|rest| rest.strip_suffix(")}"))
    else {
        return text;
    };
    // One offset, or two where the result is adjusted as well.
    let mut words = "";
    while inner.starts_with("{offset(") || inner.starts_with("{virtual offset(") {
        let Some((offset, rest)) = inner.split_once(")}, ") else { break };
        words = match words {
            "" if offset.starts_with("{virtual") => "virtual thunk to ",
            "" => "non-virtual thunk to ",
            _ => "covariant return thunk to ",
        };
        inner = rest;
    }
    format!("{words}{inner}{clone}")
}
