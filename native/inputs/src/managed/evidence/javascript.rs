//! Lines that only JavaScript engines print.

use super::super::frame::position;
use super::super::head::without_code;
use super::{Line, is_identifier};

/// What a line says; see [`Line`].
pub(super) fn line(line: &str) -> Option<Line> {
    let text = line.trim();
    let text = text.strip_suffix(" {").unwrap_or(text).trim_end_matches(',');
    if let Some(call) = text.strip_prefix("at ") {
        return v8(call.trim_start());
    }
    if let Some((name, place)) = text.split_once('@') {
        return at_sign(name, place);
    }
    let text = text.strip_prefix("Uncaught ").unwrap_or(text);
    let text = text.strip_prefix("[cause]: ").or_else(|| text.strip_prefix("Caused by: ")).unwrap_or(text);
    let name = without_code(text.split_once(": ").map_or(text, |(name, _)| name));
    (is_identifier(name) && (name.ends_with("Error") || name.ends_with("Exception"))).then_some(Line::Head)
}

/// `async new Foo.bar [as baz] (file.js:1:2)`, `file.js:1:2`, `foo (address at index.android.bundle:1:2)`.
fn v8(call: &str) -> Option<Line> {
    let (name, inside) = match call.strip_suffix(')') {
        Some(call) => call.split_once(" (").or_else(|| call.split_once('('))?,
        None => ("", call),
    };
    if !is_function(name) {
        return None;
    }
    let inside = inside.strip_prefix("address at ").unwrap_or(inside);
    if matches!(inside, "<anonymous>" | "native" | "native code") || inside.starts_with("index ") {
        return (!name.is_empty()).then_some(Line::BareFrame);
    }
    if let Some(eval) = inside.strip_prefix("eval at ") {
        return position(eval).2.map(|_| Line::Frame);
    }
    if inside.starts_with("wasm://") {
        return Some(Line::Frame);
    }
    let (place, line, column) = position(inside);
    if line.is_none() || place.is_empty() {
        return None;
    }
    match (is_script(place), column.is_some()) {
        (true, true) => Some(Line::Frame),
        // `at foo (app.js:12)`: without the column the shape is not specific to an engine.
        (true, false) => Some(Line::BareFrame),
        // Evaluated code, and scripts of any name: `at foo (unknown:1:2)`, `at f (@1:2)`.
        (false, true) if !name.is_empty() && !place.contains([' ', '.']) => Some(Line::BareFrame),
        _ => None,
    }
}

/// `foo@http://x/a.js:1:2`, `foo@[native code]`, `async*foo@a.js:1:2`.
fn at_sign(name: &str, place: &str) -> Option<Line> {
    let name = name.rsplit('*').next().unwrap_or("").trim_end_matches(['<', '/']);
    if !is_function(name) {
        return None;
    }
    if place == "[native code]" {
        return Some(Line::BareFrame);
    }
    let (place, line, column) = position(place);
    (line.is_some() && column.is_some() && is_script(place)).then_some(Line::Frame)
}

/// Names of functions hold few other characters than identifiers do; sentences hold many.
fn is_function(name: &str) -> bool {
    let name = name.split(" [as ").next().unwrap_or("");
    let name = ["async ", "new "].iter().fold(name, |name, word| name.strip_prefix(word).unwrap_or(name));
    matches!(name, "global code" | "eval code" | "module code")
        || name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '<' | '>' | '#' | '/' | '?' | '[' | ']'))
}

/// Whether a path is that of a script: by what it ends with, or a scheme that only engines print.
fn is_script(place: &str) -> bool {
    const ENDS: [&str; 14] = [
        ".js",
        ".mjs",
        ".cjs",
        ".jsx",
        ".ts",
        ".tsx",
        ".mts",
        ".cts",
        ".bundle",
        ".jsbundle",
        ".hbc",
        ".vue",
        ".svelte",
        ".html",
    ];
    const SCHEMES: [&str; 9] =
        ["node:", "internal/", "http://", "https://", "webpack", "file://", "app://", "blob:", "chrome-extension://"];
    let path = place.split(['?', '#']).next().unwrap_or("");
    let known_other =
        [".rs", ".c", ".cc", ".cpp", ".h", ".go", ".py", ".swift", ".java", ".kt", ".rb", ".php", ".dart"];
    if known_other.iter().any(|end| path.ends_with(end)) {
        return false;
    }
    ENDS.iter().any(|end| path.ends_with(end))
        || SCHEMES.iter().any(|scheme| place.starts_with(scheme))
        || matches!(path, "<anonymous>" | "[eval]" | "evalmachine.<anonymous>" | "[stdin]" | "REPL1")
        || path.starts_with("[eval")
}
