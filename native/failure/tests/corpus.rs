//! Against public corpora, where they lie beside the project; without them these tests pass and say so.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};

use failure::hash::{Mode, failure_hash};
use failure::name::{Facts, failure_name};
use failure::reason::{Raw, Reason, decode};
use vocabulary::{Arch, Os};

fn corpora() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no corpora at {}", path.display());
    None
}

#[test]
fn every_published_hash() {
    let Some(corpora) = corpora() else { return };
    let text = fs::read_to_string(corpora.join("analyze/hash_pairs.tsv")).unwrap();
    let mut count = 0;
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let mode = if columns[0] == "km" { Mode::Kernel } else { Mode::User };
        assert_eq!(failure_hash(columns[1], mode), columns[2], "{}", columns[1]);
        count += 1;
    }
    assert!(count >= 70);
}

#[test]
fn every_fast_fail() {
    let Some(corpora) = corpora() else { return };
    let text = fs::read_to_string(corpora.join("analyze/fastfail.tsv")).unwrap();
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let parameters = [columns[0].parse().unwrap()];
        let facts =
            Facts { platform: Os::Windows, code: Some(0xc000_0409), parameters: &parameters, ..Facts::default() };
        let name = failure_name(&facts).name;
        assert!(name.starts_with(&format!("{}_", columns[2])), "{name}");
    }
}

/// The exception of a little-endian minidump, read at its fixed places.
fn exception(dump: &[u8]) -> Option<(Os, Reason)> {
    let u32_at = |at: usize| Some(u32::from_le_bytes(dump.get(at..at + 4)?.try_into().ok()?));
    let u64_at = |at: usize| Some(u64::from_le_bytes(dump.get(at..at + 8)?.try_into().ok()?));
    let (streams, directory) = (u32_at(8)? as usize, u32_at(12)? as usize);
    let stream = |kind: u32| {
        (0..streams).map(|i| directory + 12 * i).find(|&at| u32_at(at) == Some(kind)).and_then(|at| u32_at(at + 8))
    };
    let system = stream(7)? as usize;
    let platform = match u32_at(system + 20)? {
        2 => Os::Windows,
        0x8101 => Os::MacOs,
        0x8102 => Os::Ios,
        0x8201 => Os::Linux,
        0x8203 => Os::Android,
        _ => Os::Unknown,
    };
    let cpu = match u32_at(system)? & 0xffff {
        0 => Some(Arch::X86),
        5 => Some(Arch::Arm),
        9 => Some(Arch::Amd64),
        12 | 0x8003 => Some(Arch::Arm64),
        _ => None,
    };
    let record = stream(6)? as usize + 8;
    let count = u32_at(record + 24)?.min(15) as usize;
    let parameters: Option<Vec<u64>> = (0..count).map(|i| u64_at(record + 32 + 8 * i)).collect();
    let raw = Raw {
        platform,
        cpu,
        code: u32_at(record)?,
        flags: u32_at(record + 4)?,
        address: u64_at(record + 16)?,
        parameters: &parameters?,
    };
    Some((platform, decode(&raw)))
}

/// Breakpad's text in our spelling. It prints a `si_code` of 0, and a fast fail without its exception.
fn respelled(text: &str) -> String {
    let text = text.replace(" /0x00000000", "").replace(" / 0x00000000", "").replace(" /SEGV", " / SEGV");
    match text.strip_prefix("FAST_FAIL_") {
        Some(_) => format!("EXCEPTION_STACK_BUFFER_OVERRUN / {text}"),
        None => text,
    }
}

#[test]
fn breakpads_goldens() {
    let Some(corpora) = corpora() else { return };
    let mut count = 0;
    for entry in fs::read_dir(corpora.join("breakpad")).unwrap() {
        let path = entry.unwrap().path();
        let Some(stem) = path.file_name().unwrap().to_str().unwrap().strip_suffix(".dmp") else { continue };
        let golden = path.with_file_name(format!("{stem}.nosyms.stackwalk.machine_readable.txt"));
        let Ok(golden) = fs::read_to_string(golden) else { continue };
        let Some(crash) = golden.lines().find_map(|line| line.strip_prefix("Crash|")) else { continue };
        let columns: Vec<&str> = crash.split('|').collect();
        let Some((platform, reason)) = exception(&fs::read(&path).unwrap()) else { continue };
        let address = u64::from_str_radix(columns[1].trim_start_matches("0x"), 16).ok();
        if !columns[0].is_empty() {
            assert_eq!(reason.text, respelled(columns[0]), "{stem}");
        }
        match reason.address {
            Some(ours) => assert_eq!(Some(ours), address, "{stem}"),
            // The one thing we know better: SIGABRT has no address.
            None => assert!(reason.note.is_some() && platform != Os::Windows, "{stem}"),
        }
        count += 1;
    }
    assert!(count >= 30, "{count}");
}

#[test]
fn rust_minidumps_goldens() {
    let Some(corpora) = corpora() else { return };
    let mut count = 0;
    for (folder, dumps) in [("rust-minidump", "testdata"), ("mozilla", "minidumps")] {
        for entry in fs::read_dir(corpora.join(folder).join("expected-rust-minidump")).unwrap() {
            let path = entry.unwrap().path();
            let Some(stem) = path.file_name().unwrap().to_str().unwrap().strip_suffix(".json") else { continue };
            let json = fs::read_to_string(&path).unwrap();
            let Ok(dump) = fs::read(corpora.join(folder).join(dumps).join(format!("{stem}.dmp"))) else { continue };
            let (_, reason) = exception(&dump).unwrap();
            let crash = &json[json.find("\"crash_info\"").unwrap()..];
            let value = |key: &str| {
                let rest = &crash[crash.find(&format!("\"{key}\"")).unwrap() + key.len() + 2..];
                rest.split('"').nth(1).unwrap().to_owned()
            };
            // Crashpad wrote an abort's exception as 0, and what it was into the parameters; rust-minidump shows the 0.
            let known = if stem == "simple-crashpad" { "EXC_CRASH / SIGABRT".into() } else { value("type") };
            assert_eq!(reason.text, known, "{stem}");
            let address = u64::from_str_radix(value("address").trim_start_matches("0x"), 16).unwrap();
            assert_eq!(reason.address, Some(address), "{stem}");
            count += 1;
        }
    }
    assert!(count >= 6, "{count}");
}
