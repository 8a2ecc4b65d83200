//! What the engine reads out of Windows dumps for naming alone: the heap's own note, and Application Verifier.

#![allow(clippy::unwrap_used)]

mod support;

use engine::{Options, Outcome, Resolution, Session};
use failure::name::Profile;
use minidump_synth::Builder;
use serde_json::{Value, json};

const STACK: u64 = 0x7000_0000;

fn failure(modules: &[&str], parameters: &[u64], stack: &[u8], options: &Options) -> Value {
    let mut builder = Builder::default();
    builder.windows_x64();
    builder.thread_x64(7, 0x1_4000_1010, STACK, stack);
    builder.exception(7, 0xc000_0374, 0, 0x1_4000_1010, parameters);
    let names: Vec<Vec<u16>> = modules.iter().map(|name| name.encode_utf16().collect()).collect();
    let modules: Vec<(u64, u32, &[u16], [u8; 16])> =
        (1..).zip(&names).map(|(i, name)| (i * 0x1_4000_0000, 0x10000, name.as_slice(), [0; 16])).collect();
    builder.modules(&modules);
    let (dump, session) = (builder.build(), Session::new());
    loop {
        match session.process(&dump, options).unwrap() {
            Outcome::Needs(keys) => keys.into_iter().for_each(|key| session.resolve(key, Resolution::default())),
            Outcome::Report(json) => {
                let report: Value = serde_json::from_slice(&json).unwrap();
                return report["failure"].clone();
            }
        }
    }
}

/// The exception's parameter points to the heap's note, whose third word is the kind.
#[test]
fn the_heap_s_note_is_read() {
    let note = |kind: u32| {
        let mut stack = [0; 64];
        stack[0x18..0x1c].copy_from_slice(&kind.to_le_bytes());
        stack
    };
    let read = |kind: u32, parameters: &[u64]| failure(&["app.exe"], parameters, &note(kind), &Options::default());
    let found = read(8, &[STACK + 0x10]);
    assert_eq!(found["problem_classes"], json!(["HEAP_CORRUPTION", "ACTIONABLE", "BlockNotBusy"]));
    assert_eq!(found["name"], "HEAP_CORRUPTION_ACTIONABLE_BlockNotBusy_c0000374_app.exe!Unknown");
    assert_eq!(found["facts"]["heap_error"], "BlockNotBusy");
    assert_eq!(read(13, &[STACK + 0x10])["facts"]["heap_error"], "ListEntryCorruption");
    // Kinds without content, unknown kinds, and notes that are not there.
    for (kind, parameters) in
        [(0, &[STACK + 0x10][..]), (99, &[STACK + 0x10]), (8, &[STACK + 0x1000]), (8, &[u64::MAX]), (8, &[])]
    {
        let found = read(kind, parameters);
        assert_eq!(found["problem_classes"], json!(["HEAP_CORRUPTION"]), "{kind} {parameters:x?}");
        assert_eq!(found["facts"]["heap_error"], Value::Null);
    }
}

#[test]
fn application_verifier_is_seen_among_the_modules() {
    let windbg = Options { profile: Profile::Windbg, ..Options::default() };
    let with = failure(&["app.exe", r"C:\Windows\System32\VERIFIER.dll"], &[], &[0; 64], &windbg);
    assert_eq!(with["problem_classes"], json!(["HEAP_CORRUPTION", "AVRF"]));
    assert_eq!(with["facts"]["verifier"], true);
    let without = failure(&["app.exe", "verifier.dll.mui"], &[], &[0; 64], &windbg);
    assert_eq!(without["problem_classes"], json!(["HEAP_CORRUPTION"]));
    // Names of Watson's back end have no such word.
    let wer = failure(&["app.exe", "verifier.dll"], &[], &[0; 64], &Options::default());
    assert_eq!(wer["problem_classes"], json!(["HEAP_CORRUPTION"]));
}
