//! Stacks against the truth: gdb, a shadow stack, or the unwinder of the system that crashed.
mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Names that a debugger, which reads local aliases, and a symbol table have for one function.
fn canonical(name: &str) -> String {
    let name = name.strip_prefix("__GI_").unwrap_or(name);
    match name {
        "raise" => "gsignal",
        "__kernel_vsyscall" | "__vdso" | "??" => "",
        _ => name.trim_start_matches('_'),
    }
    .to_string()
}

/// The last component of a function's name: no parameters, no template arguments, no namespaces.
fn base(name: &str) -> String {
    let name = name.replace("(anonymous namespace)", "anon").replace("{anonymous}", "anon");
    let (mut out, mut depth) = (String::new(), 0);
    for c in name.chars() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    let last = out.trim().rsplit("::").next().unwrap_or("").rsplit(' ').next().unwrap_or("").to_string();
    let cut = [".isra", ".part", ".constprop", ".cold"].iter().filter_map(|s| last.find(s)).min();
    canonical(&last[..cut.unwrap_or(last.len())])
}

/// All frames of the crashed thread, inlined ones included, as base names, "" if unknown, and whether each was scanned
/// for.
fn flat(report: &Value) -> Vec<(String, bool)> {
    let index = report["crash_info"]["crashing_thread"].as_u64().expect("a crashing thread");
    let mut names = Vec::new();
    for frame in report["threads"][index as usize]["frames"].as_array().expect("frames") {
        let scanned = frame["trust"] == "scan";
        for inline in frame["inlines"].as_array().into_iter().flatten() {
            names.push((base(inline["function"].as_str().unwrap_or("")), scanned));
        }
        names.push((base(frame["function"].as_str().unwrap_or("")), scanned));
    }
    names
}

/// What runs `main`; symbols know these, debuggers stop before them.
const STARTS: &[&str] = &[
    "libc_start_main",
    "libc_start_main_impl",
    "libc_start_call_main",
    "libc_start_main_stage2",
    "start",
    "libc_init",
];

/// Compare the crashed thread of every dump of a folder with its truth; how many there were, and what differs.
fn compare(folder: &Path, symbols: &Path) -> (usize, Vec<String>) {
    let mut count = 0;
    let mut wrong = Vec::new();
    for path in support::files(folder, "dmp") {
        let Ok(truth) = std::fs::read(path.with_extension("truth.json")) else { continue };
        let truth: Value = serde_json::from_slice(&truth).expect("truth is JSON");
        let frames = truth["crashed_thread"].as_array().cloned().unwrap_or_default();
        let want: Vec<String> = frames.iter().map(|f| base(f["func"].as_str().unwrap_or(""))).collect();
        if want.is_empty() {
            continue;
        }
        count += 1;
        let dump = std::fs::read(&path).expect("dump");
        let got = flat(&support::report(&dump, &[symbols.to_path_buf()]));
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // A runaway recursion has a truth only for its beginning.
        let part = name.contains("overflow") || want.len() >= 64;
        // The fixtures' libc has no names for what it does not export; gdb had its debug file.
        let equal = |g: &(String, bool), w: &String| g.0 == *w || w.is_empty() || (g.0.is_empty() && w == "clone3");
        let same = got.iter().zip(&want).take_while(|(g, w)| equal(g, w)).count() == want.len();
        let tail = got.get(want.len()..).unwrap_or_default();
        // gdb stops at `start_thread` on armv7; its caller in `clone` has no name in the fixtures' libc.
        let is_start = |(t, scanned): &(String, bool)| STARTS.contains(&t.as_str()) || (t.is_empty() && !scanned);
        if !same || !(part || tail.iter().all(is_start)) {
            let shown: Vec<&str> = got.iter().take(want.len() + 4).map(|g| g.0.as_str()).collect();
            wrong.push(format!("{name}: {shown:?}\n  instead of {want:?}"));
        }
    }
    (count, wrong)
}

#[test]
fn our_fixtures_equal_their_truth() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures");
    let folders: Vec<PathBuf> =
        std::fs::read_dir(root.join("dumps")).expect("dumps").map(|e| e.expect("entry").path()).collect();
    let mut total = 0;
    let mut wrong = Vec::new();
    for folder in folders.iter().filter(|f| f.is_dir()) {
        let (count, differ) = compare(folder, &root.join("symbols"));
        total += count;
        wrong.extend(differ);
    }
    assert!(total > 0);
    let known = |w: &String| KNOWN_SHORTFALLS.iter().any(|(name, _)| w.starts_with(&format!("{name}: ")));
    let unknown: Vec<String> = wrong.iter().filter(|w| !known(w)).cloned().collect();
    assert!(unknown.is_empty(), "{} of {total} differ:\n{}", unknown.len(), unknown.join("\n"));
    assert_eq!(wrong.len(), KNOWN_SHORTFALLS.len(), "a shortfall is gone: take it off the list");
}

/// Fixtures that do not reach their truth yet, and why.
const KNOWN_SHORTFALLS: &[(&str, &str)] = &[
    ("x64-cpp", "Wine's system modules have no symbols: their unwind data is in the binaries (.pdata) alone"),
    ("x64-null", "false frames after the root of the thread in Wine's ntdll, for the same reason"),
    ("x64-null-nocv", "no debug ids in the dump: this test's symbols are found by debug id alone"),
];

#[test]
fn live_corpus_equals_gdb() {
    let Some(corpora) = support::corpora() else { return };
    let (count, wrong) = compare(&corpora.join("live"), &corpora.join("live/symbols"));
    assert!(count > 0);
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Frames of each trust, and ends of stacks, over all threads.
fn tally(report: &Value) -> impl Fn(&str, &str) -> usize {
    let mut seen = std::collections::HashMap::new();
    for thread in report["threads"].as_array().expect("threads") {
        *seen.entry(("end".to_string(), thread["end"].as_str().unwrap_or("").to_string())).or_insert(0) += 1;
        for frame in thread["frames"].as_array().expect("frames") {
            *seen.entry(("trust".to_string(), frame["trust"].as_str().unwrap_or("").to_string())).or_insert(0) += 1;
        }
    }
    move |what, value| seen.get(&(what.to_string(), value.to_string())).copied().unwrap_or(0)
}

#[test]
fn firefox_stacks_end_where_they_end() {
    let Some(corpora) = support::corpora() else { return };
    // Dump, threads that end at their root, frames found by scanning at most: a quarter of rust-minidump's 3,453 and
    // 9,388 on ARM. On Windows, where the biggest library has neither symbols nor rules here, it has 605 and reaches the
    // root of 38 of 103 threads: what more there is here is in the threads that it leaves half-way.
    for (name, ends, scans) in [("android-aarch64", 163, 863), ("android-arm", 95, 2347), ("windows-x86_64", 103, 700)]
    {
        let dump = std::fs::read(corpora.join(format!("mozilla/minidumps/{name}.dmp"))).expect("dump");
        let report = support::report(&dump, &[corpora.join("mozilla/symbols")]);
        let count = tally(&report);
        let ended = count("end", "root") + count("end", "zero");
        assert!(ended >= ends, "{name}: {ended} threads end at their root");
        assert!(count("trust", "scan") <= scans, "{name}: {} frames by scanning", count("trust", "scan"));
    }
}
