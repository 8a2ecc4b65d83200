//! Mozilla's own tests of how Socorro normalises function names, against ours.
//!
//! Socorro's name of a function is near to our collapsed one, so the tables compare like this:
//!
//! - `normalize_cpp_function`, `normalize_rust_function`: the text cleaned and collapsed, against theirs.
//! - `collapse_types`: the text collapsed alone. `collapse_arguments`: the text cleaned alone.
//! - `drop_prefix_and_return_type`: theirs keeps the parameters, so those are cut off theirs first.
//! - `normalize_frame` of Java: theirs puts the file behind the function, which is no part of ours.
//! - `normalize_frame` of C++: where a function is given; the rest is about modules and files.
//!
//! Before comparing, theirs is put into our spelling: `operator()` is `operator` (Microsoft's), a lambda's `$` is `$_`.
//! The other tables are not about functions.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use failure::name::normalise;
use serde_json::Value;
use vocabulary::Os;

/// What we do otherwise on purpose.
const ACCEPTED: &[(&str, &str)] = &[
    (
        "fnNeedNumber",
        "the line is no part of a name: it changes with every edit; Mozilla lists one function that wants it",
    ),
    (
        "<rayon_core::job::HeapJob<BODY> as rayon_core::job::Job>::execute",
        "the type and the trait stay, but arguments inside them are collapsed as everywhere",
    ),
    ("<bar>Foo", "a bracket that starts a name is no argument list: C# and Rust write such names"),
    ("<bar>", "as above"),
    (
        "IPC::ParamTraits<nsTSubstring<char> >::Write(IPC::Message *,nsTSubstring<char> const &)",
        "Mozilla keeps the arguments of one class of its own",
    ),
    (
        "[thunk]:CShellItem::QueryInterface`adjustor{12}' (_GUID const&, void**)",
        "a thunk is the function it leads to; Mozilla leaves this text as it is",
    ),
];

fn tables() -> Option<Vec<Value>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/grouping/socorro_normalize_vectors.json");
    let text = std::fs::read(path).ok()?;
    serde_json::from_slice(&text).ok()
}

fn cleaned(text: &str) -> String {
    normalise(text, Os::Linux).map_or_else(String::new, |function| function.to_string())
}

fn collapsed(text: &str) -> String {
    normalise(text, Os::Linux).map_or_else(|| text.to_owned(), |function| function.collapsed().to_owned())
}

fn in_our_spelling(theirs: &str) -> String {
    theirs
        .replace("operator()", "operator")
        .replace("::$::", "::$_::")
        .replace("`anonymous namespace'", "(anonymous namespace)")
}

/// Their text without its parameters: the bracket that closes last opens them.
fn without_parameters(text: &str) -> &str {
    let text = text.find(" [clone").map_or(text, |at| &text[..at]);
    if !text.ends_with(')') {
        return text;
    }
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text[..at].trim_end();
        }
    }
    text
}

#[test]
fn vectors() {
    let Some(tables) = tables() else {
        eprintln!("skipped: no shared corpora beside the project");
        return;
    };
    let (mut all, mut misses) = (0, Vec::new());
    for table in &tables {
        let test = table["test"].as_str().unwrap();
        for case in table["cases"].as_array().unwrap() {
            let Some((input, expected)) = case.get(0).zip(case.as_array().and_then(|case| case.last())) else {
                continue;
            };
            let Some(expected) = expected.as_str() else { continue };
            let (text, ours, theirs) = match (test, input) {
                ("test_normalize_cpp_function" | "test_normalize_rust_function", Value::String(text)) => {
                    (text.clone(), collapsed(text), in_our_spelling(expected))
                }
                ("test_collapse_arguments", Value::String(text)) => (
                    text.clone(),
                    cleaned(text).replace("`anonymous namespace'", "(anonymous namespace)"),
                    in_our_spelling(expected),
                ),
                ("test_collapse_types", Value::String(text)) => {
                    // Ours starts with cleaning, so theirs loses what cleaning takes.
                    (text.clone(), collapsed(text), in_our_spelling(without_parameters(expected)))
                }
                ("test_drop_prefix_and_return_type", Value::String(text)) => {
                    let ours = cleaned(text).replace("`anonymous namespace'", "(anonymous namespace)");
                    (text.clone(), ours, in_our_spelling(without_parameters(expected)))
                }
                ("test_normalize_frame", Value::Object(frame)) => {
                    let part = |key: &str| frame.get(key).and_then(Value::as_str).unwrap_or("");
                    let (module, function) = (part("module"), part("function"));
                    if function.is_empty() {
                        continue;
                    }
                    let text = if module.is_empty() { function.to_owned() } else { format!("{module}.{function}") };
                    (text.clone(), collapsed(&text), without_parameters(expected).to_owned())
                }
                ("test_normalize_frame", Value::Array(frame)) => match frame.get(1).and_then(Value::as_str) {
                    Some(text) if !text.is_empty() => (text.to_owned(), collapsed(text), expected.to_owned()),
                    _ => continue,
                },
                _ => continue,
            };
            all += 1;
            if ours != theirs {
                misses.push((text, ours, theirs));
            }
        }
    }
    for (text, ours, theirs) in &misses {
        let reason = ACCEPTED.iter().find(|(accepted, _)| accepted == text).map(|(_, reason)| reason);
        assert!(reason.is_some(), "{text}\n  ours   {ours}\n  theirs {theirs}");
    }
    eprintln!("{} of {all} as Socorro has them, {} otherwise for a reason", all - misses.len(), misses.len());
    assert!(all >= 90 && misses.len() * 100 <= all * 8, "{} of {all}", misses.len());
}
