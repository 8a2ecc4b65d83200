//! The crashing instruction over real dumps. `instructions.tsv` has one row for each: how memory was touched (of the
//! fixtures and the named dumps of Breakpad: known from their programs), the report's description of the instruction, and
//! where rust-minidump differs, why. Null means nothing.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use minidump_synth::{Builder, Fields};
use serde_json::Value;

/// The columns of a row after the corpus and the dump.
const COLUMNS: [&str; 6] = ["access", "instruction", "memory_accesses", "adjusted", "jumps to", "inconsistencies"];

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The instruction's part of a report, in one text for each column.
fn columns(crash: &Value) -> [String; 6] {
    let access = |a: &Value| {
        let marks = ["implicit", "is_likely_guard_page"].iter().filter(|m| a[**m] == true).map(|m| format!(" {m}"));
        let short = text(&a["address"]).replacen("0x", "", 1);
        let short = short.trim_start_matches('0');
        format!("{} {} 0x{short}{}", text(&a["access_type"]), a["size"], marks.collect::<String>())
    };
    let list = |v: &Value, one: &dyn Fn(&Value) -> String| {
        v.as_array().map_or("null".to_owned(), |l| l.iter().map(one).collect::<Vec<_>>().join(", "))
    };
    let adjusted = &crash["adjusted_address"];
    let better = match adjusted["kind"].as_str() {
        Some(kind) => format!(
            "{kind} {}",
            text(if adjusted["offset"].is_null() { &adjusted["address"] } else { &adjusted["offset"] })
        ),
        None => "null".to_owned(),
    };
    [
        text(&crash["access"]),
        text(&crash["instruction"]),
        list(&crash["memory_accesses"], &access),
        better,
        text(&crash["instruction_pointer_update"]["address"]),
        list(&crash["crash_inconsistencies"], &text),
    ]
}

fn folder(corpus: &str) -> Option<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/dumps").join(corpus);
    if fixtures.is_dir() {
        return Some(fixtures);
    }
    let corpora = support::corpora()?;
    [corpus.to_owned(), format!("{corpus}/testdata"), format!("{corpus}/minidumps")]
        .iter()
        .map(|place| corpora.join(place))
        .find(|place| place.is_dir() && !support::files(place, "dmp").is_empty())
}

/// Every dump's columns are those of its row. `UPDATE_GOLDEN=1 cargo test` writes the rows again, but for the last column,
/// which people write; a row whose dump is not at hand stays as it is.
#[test]
fn every_dump() {
    let table = include_str!("instructions.tsv");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|l| l.split('\t').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 9));
    let mut seen = BTreeMap::new();
    for corpus in ["linux-gdb", "linux-clients", "images", "wine", "breakpad", "rust-minidump", "mozilla"] {
        let Some(folder) = folder(corpus) else { continue };
        for dump in support::files(&folder, "dmp") {
            let name = dump.file_stem().unwrap().to_str().unwrap().to_owned();
            if name.starts_with("microdump") {
                continue;
            }
            let ours = columns(&support::report(&std::fs::read(&dump).unwrap(), &[])["crash_info"]);
            seen.insert((corpus.to_owned(), name), ours);
        }
    }
    assert!(!seen.is_empty());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/instructions.tsv");
        std::fs::write(path, renewed(table, seen)).unwrap();
        return;
    }
    let mut wrong = Vec::new();
    for ((corpus, name), ours) in seen {
        let Some(row) = rows.iter().find(|r| r[0] == corpus && r[1] == name) else {
            wrong.push(format!("{corpus} {name}: no row"));
            continue;
        };
        for ((column, ours), expected) in COLUMNS.iter().zip(&ours).zip(&row[2..8]) {
            if ours != expected {
                wrong.push(format!("{corpus} {name}: {column} is {ours}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "UPDATE_GOLDEN=1 rewrites the rows of {wrong:#?}");
}

/// The table with the columns of the dumps that were seen, in the same order, new dumps last.
fn renewed(table: &str, mut seen: BTreeMap<(String, String), [String; 6]>) -> String {
    let mut text = String::new();
    for line in table.lines() {
        let row: Vec<&str> = line.split('\t').collect();
        match seen.remove(&(row[0].to_owned(), row[1].to_owned())) {
            Some(ours) => writeln!(text, "{}\t{}\t{}\t{}", row[0], row[1], ours.join("\t"), row[8]),
            None => writeln!(text, "{line}"),
        }
        .unwrap();
    }
    for ((corpus, name), ours) in seen {
        writeln!(text, "{corpus}\t{name}\t{}\t", ours.join("\t")).unwrap();
    }
    text
}

/// What rust-minidump's published outputs say of the instruction, against ours: amd64 is all it takes apart.
#[test]
fn rust_minidump_says_the_same() {
    let Some(corpora) = support::corpora() else { return };
    let table = include_str!("instructions.tsv");
    let reason = |name: &str| {
        let row = table.lines().map(|l| l.split('\t').collect::<Vec<_>>()).find(|r| r[1] == name);
        row.is_some_and(|r| !r[8].is_empty())
    };
    let mut wrong = Vec::new();
    for (corpus, dumps) in [("rust-minidump", "testdata"), ("mozilla", "minidumps")] {
        for golden in support::files(&corpora.join(corpus).join("expected-rust-minidump"), "json") {
            let name = golden.file_stem().unwrap().to_str().unwrap().to_owned();
            let theirs: Value = serde_json::from_slice(&std::fs::read(&golden).unwrap()).unwrap();
            let dump = std::fs::read(corpora.join(corpus).join(dumps).join(format!("{name}.dmp"))).unwrap();
            let (theirs, ours) = (columns(&theirs["crash_info"]), columns(&support::report(&dump, &[])["crash_info"]));
            // The first column is ours alone.
            if theirs[1..] != ours[1..] && theirs[1] != "null" && !reason(&name) {
                wrong.push((name, theirs, ours));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const RIP: u64 = 0x40_1000;
const STACK: u64 = 0x7ffd_0000_1000;

/// A Linux program on x86-64 that faults at an instruction; `rax` and the like are 0.
fn crash(code: &[u8], signal: (u32, u32, u64), maps: &[u8]) -> Value {
    let mut b = Builder::default();
    b.linux_x64();
    b.thread_x64(9, RIP, STACK, &[0; 64]);
    b.exception(9, signal.0, signal.1, signal.2, &[]);
    let code = b.piece(code);
    b.list(5, &[Fields::new().u64(RIP).location(code)]);
    b.stream(0x4767_0009, maps.to_vec());
    support::report(&b.build(), &[])
}

fn class(report: &Value) -> &str {
    report["failure"]["problem_classes"][0].as_str().unwrap()
}

#[test]
fn signals_learn_what_was_done() {
    // mov [rax], ecx; mov ecx, [rax + 0x10]; mov [rcx * 2 + 0x10], eax.
    for (code, address, access, name, adjusted) in [
        (&[0x89u8, 0x08][..], 0, "write", "NULL_POINTER", Some("0x0000000000000000")),
        (&[0x8b, 0x48, 0x10], 0x10, "read", "NULL_CLASS_PTR", Some("0x0000000000000010")),
        (&[0x89, 0x04, 0x4d, 0x10, 0, 0, 0], 0x10, "write", "NULL_CLASS_PTR", None),
    ] {
        let report = crash(code, (11, 1, address), b"");
        assert_eq!(report["crash_info"]["access"], access, "{report}");
        assert_eq!(class(&report), name);
        assert_eq!(report["crash_info"]["adjusted_address"]["offset"].as_str(), adjusted);
    }
}

#[test]
fn a_protection_fault_has_an_address() {
    // mov rax, 0x4141414141414141 is not run; mov [0x4141414141414141], eax is one instruction.
    let code = [0xa3, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41];
    let report = crash(&code, (11, 0x80, 0), b"");
    let info = &report["crash_info"];
    assert_eq!(info["adjusted_address"]["kind"], "non-canonical");
    assert_eq!(info["adjusted_address"]["address"], "0x4141414141414141");
    assert_eq!((&info["address"], &info["access"]), (&Value::Null, &Value::from("write")));
    assert_eq!(class(&report), "INVALID_POINTER");
    // movaps [rsp + 8], xmm0 on an aligned stack is the same fault.
    let odd = crash(&[0x0f, 0x29, 0x44, 0x24, 0x08], (11, 0x80, 0), b"");
    assert_eq!(odd["crash_info"]["access"], "write");
    assert_eq!(odd["crash_info"]["crash_inconsistencies"], Value::Array(Vec::new()));
    // hlt has no address at all; mov [rax], ecx has a good one.
    let halted = crash(&[0xf4], (11, 0x80, 0), b"");
    assert_eq!(halted["crash_info"]["crash_inconsistencies"], Value::Array(Vec::new()));
    let claimed = crash(&[0x89, 0x08], (11, 0x80, 0), b"");
    assert_eq!(claimed["crash_info"]["crash_inconsistencies"][0], "non_canonical_address_falsely_reported");
}

#[test]
fn contradictions_are_told_and_the_system_is_believed() {
    let report = crash(&[0x89, 0x08], (11, 1, 0x1234_5678), b"");
    let info = &report["crash_info"];
    assert_eq!(info["crash_inconsistencies"][0], "crashing_access_not_found_in_memory_accesses");
    assert_eq!((&info["address"], &info["adjusted_address"]), (&Value::from("0x0000000012345678"), &Value::Null));
    let divided = crash(&[0x89, 0x08], (8, 1, RIP), b"");
    assert_eq!(divided["crash_info"]["crash_inconsistencies"][0], "int_div_by_zero_not_possible");
}

#[test]
fn a_guard_page_beside_the_stack() {
    let maps = b"7ffd00000000-7ffd00001000 ---p 00000000 00:00 0\n\
7ffd00001000-7ffd00022000 rw-p 00000000 00:00 0 [stack]\n";
    // push rax.
    let report = crash(&[0x50], (11, 2, STACK - 8), maps);
    let access = &report["crash_info"]["memory_accesses"][0];
    assert_eq!((&access["is_likely_guard_page"], &access["implicit"]), (&Value::from(true), &Value::from(true)));
    assert_eq!(class(&report), "STACK_OVERFLOW");
    let elsewhere = crash(&[0x50], (11, 2, STACK - 8), b"7ffd00000000-7ffd00001000 ---p 00000000 00:00 0\n");
    assert_eq!(elsewhere["crash_info"]["memory_accesses"][0]["is_likely_guard_page"], false);
}
