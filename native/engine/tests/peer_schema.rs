//! Every key that rust-minidump's reports have, ours have too, with the same kind of value: programs that
//! read its JSON read ours.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Objects whose keys are data, not schema.
const DATA: &[&str] = &[".crashing_thread.frames[].registers", ".soft_errors"];
/// Parts of reports that are not looked for yet: null as theirs may be.
const LATER: &[&str] = &[".crash_info.possible_bit_flips[]"];

/// The kinds of values of each key.
fn kinds(value: &Value, path: &str, all: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    if DATA.contains(&path) {
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(text) if text.starts_with("0x") => "hex",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    all.entry(path.to_owned()).or_default().insert(kind);
    match value {
        Value::Array(items) => items.iter().for_each(|item| kinds(item, &format!("{path}[]"), all)),
        Value::Object(map) => map.iter().for_each(|(key, item)| kinds(item, &format!("{path}.{key}"), all)),
        _ => {}
    }
}

fn dumps(corpora: &Path) -> Vec<(PathBuf, PathBuf, PathBuf)> {
    let mut found = Vec::new();
    for (corpus, dumps, symbols) in
        [("rust-minidump", "testdata", "testdata/symbols"), ("mozilla", "minidumps", "symbols")]
    {
        let root = corpora.join(corpus);
        for golden in support::files(&root.join("expected-rust-minidump"), "json") {
            let name = golden.file_stem().unwrap().to_str().unwrap();
            found.push((root.join(dumps).join(format!("{name}.dmp")), root.join(symbols), golden));
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn all_their_keys_are_here() {
    let Some(corpora) = support::corpora() else { return };
    let (mut theirs, mut ours) = (BTreeMap::new(), BTreeMap::new());
    for (dump, symbols, golden) in dumps(&corpora) {
        kinds(&serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap(), "", &mut theirs);
        kinds(&support::report(&std::fs::read(dump).unwrap(), &[symbols]), "", &mut ours);
    }
    let mut missing = Vec::new();
    for (path, wanted) in &theirs {
        if LATER.iter().any(|later| path.starts_with(later)) {
            continue;
        }
        match ours.get(path) {
            None => missing.push(format!("{path}: absent")),
            Some(found) => {
                // Theirs may be null where ours is not, and the other way round; else the kinds agree.
                let odd: Vec<_> = found.difference(wanted).filter(|k| !matches!(**k, "null")).collect();
                if !odd.is_empty() && wanted.iter().any(|k| *k != "null") {
                    missing.push(format!("{path}: {wanted:?} there, {found:?} here"));
                }
            }
        }
    }
    // `type` and the like are hex strings when a code has no name: only dumps with and without would show.
    assert!(missing.is_empty(), "{missing:#?}");
}
