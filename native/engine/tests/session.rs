//! Symbols and dumps through a session.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use engine::{Candidate, CandidateOutcome, ModuleKey, Options, Outcome, Resolution, Session};
use minidump_synth::Builder;
use serde_json::{Value, json};
use symbols::index::Content;
use symbols::{SymbolIndex, SymbolMap};

const GUID: [u8; 16] = [0xe5, 0x32, 0x98, 0x5a, 0x72, 0x28, 0xc1, 0x41, 0x83, 0x8e, 0xd9, 0x89, 0x14, 0xe9, 0xb7, 0xff];
const SYM: &[u8] = b"MODULE windows x86_64 5A9832E5287241C1838ED98914E9B7FF1 App.pdb\n\
INFO URL https://symbols.example/App.sym\n\
FILE 0 src/main.c\n\
FUNC 1000 40 0 Crash\n\
1000 40 7 0\n";

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// A crash in `App.exe`, whose build is known, beside a module whose build is not.
fn dump() -> Vec<u8> {
    let mut b = Builder::default();
    b.windows_x64();
    b.thread_x64(4660, 0x1_4000_1010, 0x7000_0000, &[0; 64]);
    let (app, bare) = (units(r"C:\x\App.exe"), units("bare.dll"));
    b.modules(&[(0x1_4000_0000, 0x10000, &app, GUID), (0x1_5000_0000, 0x10000, &bare, [0; 16])]);
    b.build()
}

fn key() -> ModuleKey {
    ModuleKey::new("App.pdb", "5A9832E5287241C1838ED98914E9B7FF1", "App.exe", "10000")
}

fn loaded() -> Resolution {
    let symbols = Arc::new(SymbolMap::from_text(SYM.to_vec()));
    Resolution::loaded(symbols, vec![Candidate::missing("/first", "/"), Candidate::found("/s/App.sym", "/s")])
}

/// The key that the engine needs; its code id depends on the dump.
fn needed(session: &Session) -> ModuleKey {
    let Outcome::Needs(keys) = session.process(&dump(), &Options::default()).unwrap() else { panic!("a report") };
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert_eq!((&keys[0].debug_file, &keys[0].debug_id), (&key().debug_file, &key().debug_id));
    assert_eq!(keys[0].code_file, "App.exe");
    keys[0].clone()
}

fn report_with(resolution: Resolution) -> Value {
    let session = Session::new();
    session.resolve(needed(&session), resolution);
    let Outcome::Report(json) = session.process(&dump(), &Options::default()).unwrap() else { panic!("needs more") };
    serde_json::from_slice(&json).unwrap()
}

#[test]
fn symbols_are_requested_and_used() {
    let report = report_with(loaded());
    let frame = &report["threads"][0]["frames"][0];
    assert_eq!(frame["function"], "Crash");
    assert_eq!(frame["function_offset"], "0x0000000000000010");
    assert_eq!((&frame["file"], &frame["line"]), (&json!("src/main.c"), &json!(7)));
    assert_eq!(frame["missing_symbols"], false);
    let module = &report["modules"][0];
    assert_eq!(module["symbols"]["status"], "loaded");
    assert_eq!(module["symbols"]["file"], "/s/App.sym");
    assert_eq!(module["symbols"]["tried"], json!(["/first"]));
    let found = json!({"location": "/s/App.sym", "source": "/s", "outcome": "found", "detail": null});
    assert_eq!(module["symbols"]["candidates"][1], found);
    assert_eq!(module["symbol_url"], "https://symbols.example/App.sym");
    assert_eq!(module["loaded_symbols"], true);
    assert_eq!(report["modules"][1]["symbols"], json!({"status": "unused"}));
    assert_eq!(report["modules"][1]["debug_id"], "000000000000000000000000000000000");
}

#[test]
fn the_ways_of_not_having_symbols() {
    let first = Candidate::missing("/a", "/");
    let with = |outcome, detail: &str| vec![first.clone(), Candidate::new("/s/x.sym", "/s", outcome, detail)];
    let malformed = with(CandidateOutcome::Malformed, "line 1");
    let mismatched = with(CandidateOutcome::Mismatched, "F00");
    for (resolution, status, tried, corrupt) in [
        (Resolution::missing(vec![first.clone()], None), "missing", json!(["/a"]), false),
        (Resolution::missing(malformed, Some(1)), "malformed", json!(["/a", "/s/x.sym (malformed: line 1)"]), true),
        (Resolution::missing(mismatched, Some(1)), "mismatch", json!(["/a", "/s/x.sym (is of F00)"]), false),
    ] {
        let report = report_with(resolution);
        let module = &report["modules"][0];
        assert_eq!(module["symbols"]["status"], status);
        assert_eq!(module["symbols"]["tried"], tried);
        let missed = json!({"location": "/a", "source": "/", "outcome": "missing", "detail": null});
        assert_eq!(module["symbols"]["candidates"][0], missed);
        if status != "missing" {
            let decisive = &module["symbols"]["candidates"][1];
            assert_eq!(decisive["outcome"], if corrupt { "malformed" } else { "mismatched" });
            assert_eq!(decisive["detail"], if corrupt { "line 1" } else { "F00" });
            assert_eq!(decisive["location"], module["symbols"]["file"]);
        }
        assert_eq!(module["missing_symbols"], true);
        assert_eq!(module["loaded_symbols"], false);
        assert_eq!(module["corrupt_symbols"], corrupt, "{status}");
        let frame = &report["threads"][0]["frames"][0];
        assert_eq!((&frame["function"], &frame["missing_symbols"]), (&Value::Null, &json!(true)));
        assert_eq!(frame["module"], "App.exe");
        assert_eq!(frame["module_offset"], "0x0000000000001010");
    }
}

#[test]
fn a_report_does_not_depend_on_what_else_the_session_knows() {
    let alone = Session::new();
    alone.resolve(needed(&alone), loaded());
    let busy = Session::new();
    busy.resolve(needed(&busy), loaded());
    for i in 0..100 {
        busy.resolve(ModuleKey::new("o.pdb", &format!("{i:033X}"), "o.dll", ""), Resolution::default());
    }
    let options = Options { name: Some("a.dmp".into()), ..Options::default() };
    assert_eq!(alone.process(&dump(), &options).unwrap(), busy.process(&dump(), &options).unwrap());
}

#[test]
fn unloaded_modules_are_shown_with_every_offset() {
    let mut b = Builder::default();
    b.windows_x64();
    b.thread_x64(4660, 0x00f0_0800, 0x7000_0000, &[0; 64]);
    b.unloaded(&[
        (0x00a0_03a0, 0x1000, "unused.dll"),
        (0x00f0_0000, 0x1000, "many.dll"),
        (0x00f0_0100, 0x1000, "many.dll"),
        (0x00f0_0220, 0x2000, "solo.dll"),
        (0x00f0_0000, 0x1000, "many.dll"),
    ]);
    let report = support::report(&b.build(), &[]);
    assert_eq!(
        report["threads"][0]["frames"][0]["unloaded_modules"],
        json!([
            {"module": "many.dll", "offsets": ["0x0000000000000700", "0x0000000000000800"]},
            {"module": "solo.dll", "offsets": ["0x00000000000005e0"]},
        ])
    );
    assert_eq!(report["unloaded_modules"].as_array().unwrap().len(), 5);
}

#[test]
fn text_from_the_input_is_always_valid_json() {
    let mut b = Builder::default();
    b.windows_x64();
    b.thread_x64(1, 0x1010, 0x7000_0000, &[]);
    let name: Vec<u16> = units("a\"\\\u{1}\n\u{7f}").into_iter().chain([0xd800, 0x41, 0xdc00, 0xdc00]).collect();
    b.modules(&[(0x1000, 0x1000, &name, [0; 16])]);
    let report = support::report(&b.build(), &[]);
    let filename = report["modules"][0]["filename"].as_str().unwrap();
    assert!(filename.ends_with("\u{1}\n\u{7f}\u{fffd}A\u{fffd}\u{fffd}"), "{filename:?}");
}

#[test]
fn no_dump_is_an_error_that_says_so() {
    for bytes in [&b""[..], b"MDMP", b"\x7fELF and more than thirty-two bytes of text"] {
        let error = Session::new().process(bytes, &Options::default()).unwrap_err();
        assert!(error.to_string().contains("minidump"), "{error}");
    }
}

/// A part of the symbols, which answers for these addresses.
fn part(addresses: Vec<u64>) -> Resolution {
    let symbols = SymbolMap::of_part(SymbolIndex::from_text(SYM.to_vec()), addresses, Content::Lines, None);
    Resolution::loaded(Arc::new(symbols), vec![Candidate::missing("/first", "/"), Candidate::found("/s/App.sym", "/s")])
}

#[test]
fn a_part_of_the_symbols_is_extended_until_it_has_every_address() {
    let session = Session::new();
    let key = needed(&session);
    assert!(session.take_lacking(&key).is_empty());
    session.resolve(key.clone(), part(Vec::new()));
    let mut addresses = Vec::new();
    let report = loop {
        match session.process(&dump(), &Options::default()).unwrap() {
            Outcome::Report(json) => break serde_json::from_slice::<Value>(&json).unwrap(),
            Outcome::Needs(keys) => {
                assert_eq!(keys, std::slice::from_ref(&key));
                let further = session.take_lacking(&key);
                assert!(
                    !further.is_empty() && further.iter().all(|address| !addresses.contains(address)),
                    "{further:?}"
                );
                addresses.extend(further);
                session.resolve(key.clone(), part(addresses.clone()));
            }
        }
    };
    assert!(addresses.contains(&0x1010), "{addresses:x?}");
    assert!(session.take_lacking(&key).is_empty(), "they are given once");
    // The part has no inlined calls; whether the others have some is unknown.
    let mut whole = report_with(loaded());
    assert_eq!(whole["modules"][0]["symbols"]["inlines"], false);
    whole["modules"][0]["symbols"]["inlines"] = Value::Null;
    assert_eq!(report, whole);
}
