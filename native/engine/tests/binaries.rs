//! Stacks of dumps whose only symbols are the binaries, against gdb's.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "support/binaries.rs"]
mod binaries;

use std::path::{Path, PathBuf};

use binaries::Binaries;
use engine::{Options, Outcome, Session};
use serde_json::Value;

/// How many crashed threads are gdb's frame by frame, and how many frames are false in the others.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    exact: usize,
    others: Vec<String>,
    false_frames: usize,
}

fn corpora(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora").join(folder);
    if !path.exists() {
        println!("skipped: no {}", path.display());
    }
    path.exists().then_some(path)
}

/// The addresses of a thread's frames; `None` if the dump does not have that thread.
fn walked(dump: &Path, binaries: &Binaries, thread: u64) -> Option<Vec<u64>> {
    let (session, bytes) = (Session::new(), std::fs::read(dump).unwrap());
    let json = loop {
        match session.process(&bytes, &Options::default()).unwrap() {
            Outcome::Report(json) => break json,
            Outcome::Needs(keys) => {
                for key in keys {
                    let found = binaries.find(&key);
                    session.resolve(key, found);
                }
            }
        }
    };
    let report: Value = serde_json::from_slice(&json).unwrap();
    let threads = report["threads"].as_array().unwrap();
    let found = threads.iter().find(|one| one["thread_id"] == thread)?;
    let frames = found["frames"].as_array().unwrap();
    Some(frames.iter().map(|frame| hex(&frame["offset"])).collect())
}

fn hex(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// The crashed thread and gdb's frames of it, without inlined ones and tail calls, which have no frame of their own.
fn expected(truth: &Path) -> Option<(u64, Vec<u64>)> {
    let truth: Value = serde_json::from_slice(&std::fs::read(truth).unwrap()).unwrap();
    let threads = truth["threads"].as_array().unwrap();
    let crashed = threads.iter().find(|thread| thread["crashed"] == true && thread["complete"] == true)?;
    let marked = |frame: &&Value| frame["inline"] != true && frame["tail"] != true;
    let frames: Vec<&Value> = crashed["frames"].as_array().unwrap().iter().filter(marked).collect();
    Some((crashed["thread_id"].as_u64()?, frames.iter().map(|frame| hex(&frame["pc"])).collect()))
}

fn count(folder: &Path, prefixes: &[&str], slack: u64) -> Counts {
    let binaries = Binaries::new(&[folder.join("binaries")], true);
    let mut counts = Counts::default();
    let mut dumps: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    dumps.sort();
    for dump in dumps.iter().filter(|path| path.extension().is_some_and(|extension| extension == "dmp")) {
        let name = dump.file_stem().unwrap().to_string_lossy().into_owned();
        if !prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let Some((thread, truth)) = expected(&dump.with_extension("truth.json")) else { continue };
        let Some(found) = walked(dump, &binaries, thread) else { continue };
        // A return address is reported inside of its call.
        let alike = |(a, b): (&u64, &u64)| a.abs_diff(*b) <= slack;
        // Of a runaway recursion the head counts.
        let length = truth.len().min(found.len()).min(100);
        let same = truth.iter().zip(&found).take(length).filter(|pair| alike(*pair)).count();
        if same == length && (truth.len() == found.len() || length == 100) {
            counts.exact += 1;
        } else {
            let is_true = |address: &&u64| truth.iter().any(|other| alike((*address, other)));
            counts.false_frames += found.iter().filter(|address| !is_true(address)).count();
            counts.others.push(name);
        }
    }
    counts
}

#[test]
fn stacks_of_programs_on_arm() {
    let Some(folder) = corpora("live-more") else { return };
    let arm = count(&folder, &["arm_"], 5);
    // Their stacks are not in the dump as a whole; gdb's has frames of tail calls.
    assert_eq!(arm.others, ["arm_hugeframe", "arm_tail"], "{arm:?}");
    assert_eq!(arm.false_frames, 0, "{arm:?}");
    let arm64 = count(&folder, &["a64_"], 4);
    assert_eq!((arm64.others.len(), arm64.false_frames), (0, 0), "{arm64:?}");
}

#[test]
fn stacks_of_programs_on_x86_64() {
    let Some(folder) = corpora("live-more") else { return };
    let all = ["o0_", "o2_", "os_", "nounw_", "fpnounw_", "musl_", "static_", "prot_", "x_", "x0_"];
    let found = count(&folder, &all, 1);
    // Code without rules, and stacks that are not in the dump.
    assert_eq!(found.others, ["o2_asmpush", "o2_bigoverflow", "o2_hugeframe"], "{found:?}");
    assert_eq!(found.false_frames, 0, "{found:?}");
}
