//! What Breakpad's `minidump_dump` and `minidump_stackwalk -m` say of real dumps, compared with what is read here.
//!
//! Where we differ on purpose:
//! - Breakpad prints `id` as the code id on Linux and Apple systems, so code ids are compared on Windows only;
//! - its debug id of a module without one is 33 zeros; here there is none;
//! - its versions are for files with a VS_FIXEDFILEINFO only, as ours.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use minidump::{Dump, Os};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Fields of one printed record: `  name = value`.
type Record = HashMap<String, String>;

/// Records that follow a line, as `minidump_dump` prints them.
fn records(golden: &str, start: &str) -> Vec<Record> {
    let mut records = Vec::new();
    let mut inside = false;
    for line in golden.lines() {
        if line == start {
            records.push(Record::new());
            inside = true;
        } else if !line.starts_with("  ") {
            inside = false;
        } else if let Some((key, value)) = line.split_once(" = ").filter(|_| inside) {
            records.last_mut().unwrap().insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    records
}

fn number(record: &Record, key: &str) -> u64 {
    let text = record[key].split(' ').next().unwrap();
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

fn quoted<'r>(record: &'r Record, key: &str) -> &'r str {
    record[key].trim_matches('"')
}

fn each_dump_text(mut check: impl FnMut(&str, &str, &Dump<'_>)) {
    let Some(corpora) = support::corpora() else { return };
    let goldens = support::files(&corpora.join("breakpad"), ".dump.txt");
    assert_eq!(goldens.len(), 46);
    for path in goldens {
        let name = path.file_name().unwrap().to_str().unwrap().trim_end_matches(".dump.txt").to_owned();
        let golden = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let bytes = std::fs::read(path.with_file_name(format!("{name}.dmp"))).unwrap();
        check(&name, &golden, &Dump::parse(&bytes).unwrap());
    }
}

fn nil_or(id: &str) -> Option<String> {
    id.bytes().any(|b| b != b'0').then(|| id.to_owned())
}

#[test]
fn modules() {
    each_dump_text(|name, golden, dump| {
        let expected = records(golden, "MDRawModule");
        assert_eq!(dump.modules.len(), expected.len(), "{name}");
        for (module, expected) in dump.modules.iter().zip(&expected) {
            let place = format!("{name} {}", module.name);
            assert_eq!(module.base, number(expected, "base_of_image"), "{place}");
            assert_eq!(module.size, number(expected, "size_of_image"), "{place}");
            assert_eq!(u64::from(module.checksum), number(expected, "checksum"), "{place}");
            assert_eq!(u64::from(module.timestamp), number(expected, "time_date_stamp"), "{place}");
            assert_eq!(module.name, quoted(expected, "(code_file)"), "{place}");
            assert_eq!(module.version.as_deref().unwrap_or(""), quoted(expected, "(version)"), "{place}");
            let id = module.debug_id.map(|id| id.to_string());
            assert_eq!(id, nil_or(quoted(expected, "(debug_identifier)")), "{place}");
            let debug_file = module.debug_file.as_deref().unwrap_or("");
            assert_eq!(debug_file, quoted(expected, "(debug_file)"), "{place}");
            if dump.os() == Os::Windows {
                let code_id = module.code_id.as_ref().map(|id| id.to_uppercase());
                assert_eq!(code_id, Some(quoted(expected, "(code_identifier)").to_uppercase()), "{place}");
            }
        }
    });
}

#[test]
fn threads_and_contexts() {
    each_dump_text(|name, golden, dump| {
        let expected = records(golden, "MDRawThread");
        assert_eq!(dump.threads.len(), expected.len(), "{name}");
        for (thread, expected) in dump.threads.iter().zip(&expected) {
            assert_eq!(u64::from(thread.id), number(expected, "thread_id"), "{name}");
            assert_eq!(u64::from(thread.suspend_count), number(expected, "suspend_count"), "{name}");
            assert_eq!(u64::from(thread.priority), number(expected, "priority"), "{name}");
            assert_eq!(thread.teb, number(expected, "teb"), "{name}");
            assert_eq!(thread.stack_start, number(expected, "stack.start_of_memory_range"), "{name}");
            assert_eq!(thread.stack_size, number(expected, "stack.memory.data_size"), "{name}");
        }
        let amd64 = records(golden, "MDRawContextAMD64");
        let x86 = records(golden, "MDRawContextX86");
        // In the golden's order: those of the threads, then that of the exception.
        let ours = dump.threads.iter().filter_map(|t| t.context);
        let ours = ours.chain(dump.exception.iter().filter_map(|e| e.context));
        let ours: Vec<_> = ours.collect();
        assert_eq!(ours.len(), amd64.len() + x86.len(), "{name}");
        for (context, expected) in ours.iter().zip(amd64.iter().chain(&x86)) {
            assert!(!context.partial, "{name}");
            assert_eq!(u64::from(context.context_flags), number(expected, "context_flags"), "{name}");
            assert_eq!(u64::from(context.flags), number(expected, "eflags"), "{name}");
            let mut registers = 0;
            for (register, value) in context.registers.known() {
                assert_eq!(value, number(expected, register), "{name} {register}");
                registers += 1;
            }
            assert_eq!(registers, if amd64.is_empty() { 9 } else { 17 }, "{name}");
        }
    });
}

#[test]
fn exception_and_system() {
    each_dump_text(|name, golden, dump| {
        let system = dump.system.as_ref().unwrap();
        let expected = records(golden, "MDRawSystemInfo").remove(0);
        assert_eq!(u64::from(system.architecture), number(&expected, "processor_architecture"), "{name}");
        assert_eq!(u64::from(system.level), number(&expected, "processor_level"), "{name}");
        assert_eq!(u64::from(system.revision), number(&expected, "processor_revision"), "{name}");
        assert_eq!(u64::from(system.cpu_count), number(&expected, "number_of_processors"), "{name}");
        assert_eq!(u64::from(system.build), number(&expected, "build_number"), "{name}");
        let csd = quoted(&expected, "(csd_version)");
        assert_eq!(system.csd.as_deref().unwrap_or(""), if csd == "(null)" { "" } else { csd }, "{name}");

        let expected = records(golden, "MDException");
        assert_eq!(dump.exception.is_some(), !expected.is_empty(), "{name}");
        if let (Some(exception), Some(expected)) = (&dump.exception, expected.first()) {
            assert_eq!(u64::from(exception.thread_id), number(expected, "thread_id"), "{name}");
            assert_eq!(u64::from(exception.code), number(expected, "exception_record.exception_code"), "{name}");
            assert_eq!(u64::from(exception.flags), number(expected, "exception_record.exception_flags"), "{name}");
            assert_eq!(exception.record, number(expected, "exception_record.exception_record"), "{name}");
            assert_eq!(exception.address, number(expected, "exception_record.exception_address"), "{name}");
            let count = number(expected, "exception_record.number_parameters");
            assert_eq!(exception.parameters.len() as u64, count, "{name}");
            for (i, parameter) in exception.parameters.iter().enumerate() {
                let key = format!("exception_record.exception_information[{i: >2}]");
                assert_eq!(*parameter, number(expected, &key), "{name}");
            }
        }
        let expected = records(golden, "MDRawBreakpadInfo");
        assert_eq!(dump.breakpad.is_some(), !expected.is_empty(), "{name}");
        if let (Some(breakpad), Some(expected)) = (dump.breakpad, expected.first()) {
            let id = |key| expected[key].starts_with("0x").then(|| number(expected, key));
            assert_eq!(breakpad.dump_thread_id.map(u64::from), id("dump_thread_id"), "{name}");
            assert_eq!(breakpad.requesting_thread_id.map(u64::from), id("requesting_thread_id"), "{name}");
        }
        let misc = records(golden, "MDRawMiscInfo");
        if let Some(expected) = misc.first() {
            let misc = dump.misc.as_ref().unwrap();
            assert_eq!(misc.pid.map(u64::from), Some(number(expected, "process_id")), "{name}");
            if expected["process_create_time"].starts_with("0x") {
                assert_eq!(misc.create_time.map(u64::from), Some(number(expected, "process_create_time")), "{name}");
            }
        }
    });
}

#[test]
fn memory() {
    each_dump_text(|name, golden, dump| {
        for expected in records(golden, "MDMemoryDescriptor") {
            let base = number(&expected, "start_of_memory_range");
            let size = number(&expected, "memory.data_size");
            let region = dump.memory.region_at(base).unwrap();
            assert!(region.end() >= base + size, "{name} {base:#x}");
        }
        let expected = records(golden, "MDRawMemoryInfo");
        assert!(expected.is_empty() || dump.regions.len() == expected.len(), "{name}");
        for (region, expected) in dump.regions.iter().zip(&expected) {
            assert_eq!(region.base, number(expected, "base_address"), "{name}");
            assert_eq!(region.size, number(expected, "region_size"), "{name}");
        }
    });
}

/// Goldens of `minidump_stackwalk -m` with their dumps.
fn machine_readable() -> Vec<(PathBuf, PathBuf)> {
    let Some(corpora) = support::corpora() else { return Vec::new() };
    let mut pairs = Vec::new();
    for folder in ["breakpad", "live"] {
        for golden in support::files(&corpora.join(folder), ".nosyms.stackwalk.machine_readable.txt") {
            let name = golden.file_name().unwrap().to_str().unwrap();
            let dump = golden.with_file_name(format!("{}.dmp", name.split(".nosyms").next().unwrap()));
            pairs.push((golden.clone(), dump));
        }
    }
    for (folder, dumps) in [("mozilla", "minidumps"), ("rust-minidump", "testdata")] {
        let folder = corpora.join(folder);
        for golden in support::files(&folder.join("expected-google-breakpad"), ".machine.txt") {
            let name = golden.file_name().unwrap().to_str().unwrap().trim_end_matches(".machine.txt").to_owned();
            pairs.push((golden, folder.join(dumps).join(format!("{name}.dmp"))));
        }
    }
    assert!(pairs.len() > 70, "{}", pairs.len());
    pairs
}

/// The text of the maps says which file really is at an address.
#[test]
fn owners_agree_with_the_maps() {
    for (path, bytes) in support::dumps() {
        let dump = Dump::parse(&bytes).unwrap();
        let Some(maps) = dump.linux.maps else { continue };
        for entry in minidump::map_entries(maps).filter(|entry| entry.protection.execute && entry.end > entry.start) {
            let name = String::from_utf8_lossy(entry.name);
            if !dump.modules.iter().any(|m| m.name == name) {
                continue;
            }
            for address in [entry.start, entry.end - 1] {
                let owner = dump.module_at(address).map(|i| dump.modules[i].name.as_str());
                assert_eq!(owner, Some(&*name), "{} {address:#x}", path.display());
            }
        }
    }
}

#[test]
fn module_maps() {
    for (golden, path) in machine_readable() {
        let bytes = std::fs::read(&path).unwrap();
        let dump = Dump::parse(&bytes).unwrap();
        check_machine_readable(&path, &std::fs::read_to_string(&golden).unwrap(), &dump);
    }
}

fn check_machine_readable(path: &Path, golden: &str, dump: &Dump<'_>) {
    let place = path.display();
    // Breakpad prints modules that own some address, with base and size as they are in the dump.
    let mut owners: Vec<usize> = dump.module_ranges.iter().map(|range| range.module).collect();
    owners.sort_by_key(|&i| (dump.modules[i].base, i));
    owners.dedup();
    let mut owners = owners.into_iter();
    for line in golden.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        match fields[0] {
            "CPU" => {
                let system = dump.system.as_ref().unwrap();
                assert_eq!(system.cpu_name(), fields[1], "{place}");
                assert_eq!(system.cpu_count.to_string(), fields[3], "{place}");
                assert_eq!(system.cpu_info().unwrap_or_default(), fields[2].trim(), "{place}");
            }
            "Crash" => {
                let index = dump.crashing_thread().map(|i| i.to_string());
                assert_eq!(index.unwrap_or_default(), fields[3], "{place}");
            }
            "Module" => {
                let module = &dump.modules[owners.next().unwrap()];
                let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
                assert_eq!(module.code_file_leaf(), fields[1], "{place}");
                assert_eq!(module.version.as_deref().unwrap_or(""), fields[2], "{place}");
                assert_eq!(module.debug_file_leaf().unwrap_or(""), fields[3], "{place} {}", module.name);
                let id = module.debug_id.map(|id| id.to_string());
                assert_eq!(id, nil_or(fields[4]), "{place}");
                assert_eq!(module.base, number(fields[5]), "{place}");
                assert_eq!(module.end() - 1, number(fields[6]), "{place}");
            }
            _ => {}
        }
    }
    assert_eq!(owners.next(), None, "{place}");
}
