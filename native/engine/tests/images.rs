//! Stacks of Windows and Apple programs by the unwind tables of the programs alone, without symbols: the frames of a shadow stack that
//! was kept while the programs ran, none of them scanned for or by a frame pointer.
#![allow(clippy::unwrap_used)]

#[path = "support/binaries.rs"]
mod binaries;
mod support;

use std::path::{Path, PathBuf};

use binaries::Binaries;
use engine::{Options, Outcome, Session};
use serde_json::Value;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures").join(folder)
}

/// The report of a dump, with nothing but these binaries.
fn report(dump: &Path, binaries: &Binaries) -> Value {
    let bytes = std::fs::read(dump).unwrap();
    let session = Session::new();
    loop {
        match session.process(&bytes, &Options::default()).unwrap() {
            Outcome::Report(json) => return serde_json::from_slice(&json).unwrap(),
            Outcome::Needs(keys) => keys.into_iter().for_each(|key| {
                let resolution = binaries.find(&key);
                session.resolve(key, resolution);
            }),
        }
    }
}

fn hex(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// Of a dump with its truth: the frames that are to be found, and those of the report with how they were found.
fn frames(dump: &Path, binaries: &Binaries) -> (Vec<u64>, Vec<(u64, String)>, String) {
    let truth: Value = serde_json::from_slice(&std::fs::read(dump.with_extension("truth.json")).unwrap()).unwrap();
    let wanted = truth["crashed_thread"].as_array().unwrap().iter().filter(|frame| frame["inline"] == false);
    // A truth has return addresses, a report where the call is.
    let call = if dump.file_stem().unwrap().to_string_lossy().contains("arm64") { 4 } else { 1 };
    let wanted = wanted.enumerate().map(|(at, frame)| hex(&frame["addr"]) - if at == 0 { 0 } else { call });
    let report = report(dump, binaries);
    let thread = &report["threads"][report["crash_info"]["crashing_thread"].as_u64().unwrap() as usize];
    let found = thread["frames"].as_array().unwrap().iter();
    let found = found.map(|frame| (hex(&frame["offset"]), frame["trust"].as_str().unwrap().to_string()));
    (wanted.collect(), found.collect(), thread["end"].as_str().unwrap().to_string())
}

#[test]
fn stacks_by_tables_alone_are_those_that_ran() {
    let binaries = Binaries::new(&[fixtures("images")], false);
    let mut count = 0;
    for dump in support::files(&fixtures("dumps/images"), "dmp") {
        let name = dump.file_stem().unwrap().to_string_lossy().into_owned();
        // 32-bit Windows has frame data in the PDB, not in the program.
        if name.starts_with("windows-x86-") {
            continue;
        }
        let (wanted, found, end) = frames(&dump, &binaries);
        let addresses: Vec<u64> = found.iter().map(|(address, _)| *address).collect();
        assert_eq!(addresses, wanted, "{name}: {found:x?} {end}");
        assert!(
            found.iter().all(|(_, trust)| matches!(trust.as_str(), "context" | "cfi" | "leaf")),
            "{name}: {found:x?}"
        );
        count += 1;
    }
    assert!(count >= 25, "{count}");
}
