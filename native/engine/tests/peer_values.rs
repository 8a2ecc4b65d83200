//! The values of both peers for the same dumps, compared with ours. Every difference is listed in
//! `peer_differences.tsv` with who is right and why; one that is not there, or is there and does not
//! happen, fails.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

/// One field that differs: peer, dump, field, theirs, ours.
type Difference = (String, String, String, String);

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

struct Comparison {
    dump: String,
    found: Vec<Difference>,
}

impl Comparison {
    fn field(&mut self, field: &str, theirs: &Value, ours: &Value) {
        if theirs != ours {
            self.found.push((self.dump.clone(), field.to_owned(), text(theirs), text(ours)));
        }
    }

    /// Lists of objects, by the given keys; a list of other length is one difference.
    fn list(&mut self, field: &str, keys: &[&str], theirs: &Value, ours: &Value) {
        let (Some(a), Some(b)) = (theirs.as_array(), ours.as_array()) else { return self.field(field, theirs, ours) };
        self.field(&format!("{field} count"), &json!(a.len()), &json!(b.len()));
        if a.len() == b.len() {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                keys.iter().for_each(|key| self.field(&format!("{field}[{i}].{key}"), &a[*key], &b[*key]));
            }
        }
    }
}

fn against_rust_minidump(dump: &str, theirs: &Value, ours: &Value) -> Vec<Difference> {
    let mut c = Comparison { dump: format!("rust-minidump {dump}"), found: Vec::new() };
    for key in ["os", "os_ver", "cpu_arch", "cpu_info", "cpu_count", "cpu_microcode_version"] {
        c.field(&format!("system_info.{key}"), &theirs["system_info"][key], &ours["system_info"][key]);
    }
    for key in ["type", "address", "crashing_thread", "assertion"] {
        c.field(&format!("crash_info.{key}"), &theirs["crash_info"][key], &ours["crash_info"][key]);
    }
    for key in [
        "pid",
        "process_uptime",
        "thread_count",
        "linux_memory_map_count",
        "lsb_release",
        "proc_limits",
        "main_module",
        "mac_crash_info",
        "mac_boot_args",
        "soft_errors",
        "handles",
        "status",
    ] {
        c.field(key, &theirs[key], &ours[key]);
    }
    let module = ["base_addr", "end_addr", "filename", "debug_file", "debug_id", "code_id", "version"];
    c.list("modules", &module, &theirs["modules"], &ours["modules"]);
    let unloaded = ["base_addr", "end_addr", "filename", "code_id"];
    c.list("unloaded_modules", &unloaded, &theirs["unloaded_modules"], &ours["unloaded_modules"]);
    let thread = ["thread_id", "thread_name", "last_error_value"];
    c.list("threads", &thread, &theirs["threads"], &ours["threads"]);
    c.field(
        "registers",
        &theirs["crashing_thread"]["frames"][0]["registers"],
        &ours["crashing_thread"]["frames"][0]["registers"],
    );
    let first =
        ["trust", "offset", "module", "module_offset", "function", "function_offset", "file", "line", "inlines"];
    let firsts = |report: &Value| -> Value {
        report["threads"].as_array().unwrap().iter().map(|t| t["frames"][0].clone()).collect()
    };
    c.list("first frames", &first, &firsts(theirs), &firsts(ours));
    c.found
}

/// The machine-readable output of Breakpad's walker: fields between bars.
fn against_breakpad(dump: &str, theirs: &str, ours: &Value) -> Vec<Difference> {
    let mut c = Comparison { dump: format!("breakpad {dump}"), found: Vec::new() };
    let mut modules = BTreeSet::new();
    for line in theirs.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        match fields.as_slice() {
            ["OS", os, version] => {
                c.field("os", &json!(os), &ours["system_info"]["os"]);
                c.field("os_ver", &json!(version.trim()), &ours["system_info"]["os_ver"]);
            }
            ["CPU", arch, info, count] => {
                c.field("cpu_arch", &json!(arch), &ours["system_info"]["cpu_arch"]);
                c.field("cpu_info", &json!(info), &json!(ours["system_info"]["cpu_info"].as_str().unwrap_or("")));
                c.field("cpu_count", &json!(count.parse::<u32>().unwrap()), &ours["system_info"]["cpu_count"]);
            }
            ["Crash", reason, address, thread] => {
                let crash = &ours["crash_info"];
                // Breakpad spells `SIGSEGV /SEGV_MAPERR` and cuts zeros.
                let reason = reason.replace(" /", " / ").replace("/  ", "/ ");
                c.field("reason", &json!(reason), &json!(crash["type"].as_str().unwrap_or("No crash")));
                let short = crash["address"].as_str().map_or_else(String::new, |a| {
                    format!("{:#x}", u64::from_str_radix(a.trim_start_matches("0x"), 16).unwrap())
                });
                c.field("address", &json!(address), &json!(short));
                c.field("crashing thread", &json!(thread.parse::<u64>().ok()), &crash["crashing_thread"]);
            }
            ["Module", name, version, debug_file, id, base, ..] => {
                let base = u64::from_str_radix(base.trim_start_matches("0x"), 16).unwrap();
                modules.insert(format!("{name}|{version}|{debug_file}|{id}|{base:#x}"));
            }
            _ => {}
        }
    }
    let mine: BTreeSet<String> = ours["modules"].as_array().unwrap().iter().map(breakpad_module).collect();
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>().join(" ");
    c.field("modules", &json!(only(&modules, &mine)), &json!(only(&mine, &modules)));
    c.found
}

fn breakpad_module(module: &Value) -> String {
    let part = |key: &str| module[key].as_str().unwrap_or("").to_owned();
    let id = Some(part("debug_id")).filter(|id| id.bytes().any(|b| b != b'0')).unwrap_or_default();
    let base = u64::from_str_radix(part("base_addr").trim_start_matches("0x"), 16).unwrap();
    format!("{}|{}|{}|{id}|{base:#x}", part("filename"), part("version"), part("debug_file"))
}

/// The table's rows: peer and dump, field, theirs, ours (each may end in `…`), right, why.
fn table() -> Vec<Vec<String>> {
    let rows = include_str!("peer_differences.tsv").lines().skip(1).filter(|l| !l.is_empty());
    rows.map(|l| l.split('\t').map(str::to_owned).collect()).collect()
}

/// `*` matches any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
        last = Some(part);
    }
    match last {
        None => rest.is_empty(),
        Some(part) => part.is_empty() || text.ends_with(part),
    }
}

fn check(differences: &[Difference], peer: &str) {
    let rows: Vec<_> = table().into_iter().filter(|r| r[0].starts_with(peer)).collect();
    let is = |row: &Vec<String>, d: &Difference| {
        matches(&row[0], &d.0) && matches(&row[1], &d.1) && matches(&row[2], &d.2) && matches(&row[3], &d.3)
    };
    let unknown: Vec<_> = differences.iter().filter(|d| !rows.iter().any(|r| is(r, d))).collect();
    let stale: Vec<_> = rows.iter().filter(|r| !differences.iter().any(|d| is(r, d))).collect();
    assert!(rows.iter().all(|r| r.len() == 6), "rows have six columns");
    assert!(unknown.is_empty() && stale.is_empty(), "not in the table: {unknown:#?}\nin the table only: {stale:#?}");
}

fn rust_minidump(corpora: &Path) -> Vec<Difference> {
    let mut all = Vec::new();
    for (corpus, dumps, symbols) in
        [("rust-minidump", "testdata", "testdata/symbols"), ("mozilla", "minidumps", "symbols")]
    {
        let root = corpora.join(corpus);
        for golden in support::files(&root.join("expected-rust-minidump"), "json") {
            let name = golden.file_stem().unwrap().to_str().unwrap().to_owned();
            let theirs = serde_json::from_slice(&std::fs::read(&golden).unwrap()).unwrap();
            let dump = std::fs::read(root.join(dumps).join(format!("{name}.dmp"))).unwrap();
            // Symbols of `linux-mini` are kept with the debug files that they were made from.
            let symbols = [root.join(symbols), corpora.join("debug-files/linux/crash.sym")];
            all.extend(against_rust_minidump(&name, &theirs, &support::report(&dump, &symbols)));
        }
    }
    all
}

#[test]
fn rust_minidump_says_the_same() {
    let Some(corpora) = support::corpora() else { return };
    check(&rust_minidump(&corpora), "rust-minidump");
}

#[test]
fn breakpad_says_the_same() {
    let Some(corpora) = support::corpora() else { return };
    let root = corpora.join("breakpad");
    let mut all = Vec::new();
    for dump in support::files(&root, "dmp") {
        let name = dump.file_stem().unwrap().to_str().unwrap().to_owned();
        let golden = root.join(format!("{name}.stackwalk.machine_readable.txt"));
        // Microdumps are text in a system log: another format.
        let Ok(theirs) = std::fs::read(&golden) else { panic!("no {}", golden.display()) };
        if name.starts_with("microdump") {
            continue;
        }
        let ours = support::report(&std::fs::read(&dump).unwrap(), &[root.join("symbols")]);
        all.extend(against_breakpad(&name, &String::from_utf8_lossy(&theirs), &ours));
    }
    check(&all, "breakpad");
}
