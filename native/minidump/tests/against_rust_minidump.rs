//! What rust-minidump's tool says of real dumps, compared with what is read here.
//!
//! Where we differ on purpose:
//! - its debug id of a module without one is 33 zeros; here there is none;
//! - texts that are empty are missing here: code ids and debug files of mappings that are no modules;
//! - a thread whose name is the empty string has no name here;
//! - it prints the last error's name, we keep the number, so only "is there one" is compared.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use minidump::{Arch, Dump};
use serde_json::Value;

fn hex(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

/// Each golden with its dump.
fn each(mut check: impl FnMut(&str, &Value, &Dump<'_>)) {
    let Some(corpora) = support::corpora() else { return };
    let mut seen = 0;
    for (folder, dumps) in [("mozilla", "minidumps"), ("rust-minidump", "testdata")] {
        let folder = corpora.join(folder);
        for golden in support::files(&folder.join("expected-rust-minidump"), ".json") {
            let name = golden.file_stem().unwrap().to_str().unwrap().to_owned();
            let json: Value = serde_json::from_slice(&std::fs::read(&golden).unwrap()).unwrap();
            let bytes = std::fs::read(folder.join(dumps).join(format!("{name}.dmp"))).unwrap();
            check(&name, &json, &Dump::parse(&bytes).unwrap());
            seen += 1;
        }
    }
    assert_eq!(seen, 9);
}

#[test]
fn system_and_process() {
    each(|name, json, dump| {
        let system = dump.system.as_ref().unwrap();
        let expected = &json["system_info"];
        assert_eq!(Some(dump.os().as_str()), text(&expected["os"]), "{name}");
        assert_eq!(Some(system.os_version().as_str()), text(&expected["os_ver"]), "{name}");
        assert_eq!(Some(system.cpu_name()), text(&expected["cpu_arch"]), "{name}");
        assert_eq!(system.cpu_info().as_deref(), text(&expected["cpu_info"]), "{name}");
        assert_eq!(Some(u64::from(system.cpu_count)), expected["cpu_count"].as_u64(), "{name}");
        assert_eq!(dump.pid().map(u64::from), json["pid"].as_u64(), "{name}");
        assert_eq!(dump.uptime().map(u64::from), json["process_uptime"].as_u64(), "{name}");
        let maps = dump.linux.maps_count.map(|n| n as u64);
        assert_eq!(maps, json["linux_memory_map_count"].as_u64(), "{name}");
        assert_eq!(dump.soft_errors.is_some(), !json["soft_errors"].is_null(), "{name}");
        let release = &json["lsb_release"];
        assert_eq!(dump.linux.lsb().is_some(), !release.is_null(), "{name}");
        if let Some(lsb) = dump.linux.lsb() {
            assert_eq!(Some(lsb.id.as_str()), text(&release["id"]));
            assert_eq!(Some(lsb.release.as_str()), text(&release["release"]));
            assert_eq!(Some(lsb.codename.as_str()), text(&release["codename"]));
            assert_eq!(Some(lsb.description.as_str()), text(&release["description"]));
        }
    });
}

#[test]
fn threads() {
    each(|name, json, dump| {
        let expected = json["threads"].as_array().unwrap();
        assert_eq!(dump.threads.len(), expected.len(), "{name}");
        for (i, (thread, expected)) in dump.threads.iter().zip(expected).enumerate() {
            assert_eq!(u64::from(thread.id), expected["thread_id"].as_u64().unwrap(), "{name} {i}");
            let expected_name = text(&expected["thread_name"]).filter(|name| !name.is_empty());
            assert_eq!(thread.name.as_deref(), expected_name, "{name} {i}");
            let last_error = !expected["last_error_value"].is_null();
            assert_eq!(dump.last_error(i).is_some(), last_error, "{name} {i}");
            // The crashing thread's first frame comes from the exception; see below.
            let Some(context) = thread.context else { panic!("{name} {i} has no context") };
            assert!(!context.partial && context.registers.valid.count_ones() >= 9, "{name} {i}");
            let pc = expected["frames"].as_array().unwrap().first().map(|frame| hex(&frame["offset"]));
            // It does not walk the thread that wrote the dump.
            if dump.crashing_thread() != Some(i) && !thread.is_dump_writer {
                // Its frames are without pointer authentication.
                let mask = if context.registers.arch == Arch::Arm64 { (1 << 40) - 1 } else { u64::MAX };
                assert_eq!(pc.map(|pc| pc & mask), Some(context.registers.pc() & mask), "{name} {i}");
            }
        }
    });
}

#[test]
fn the_crash() {
    each(|name, json, dump| {
        let expected = &json["crash_info"];
        let exception = dump.exception.as_ref().unwrap();
        let crashing = dump.crashing_thread().map(|i| i as u64);
        assert_eq!(crashing, expected["crashing_thread"].as_u64(), "{name}");
        let registers = &json["crashing_thread"]["frames"][0]["registers"];
        let context = exception.context.unwrap();
        for (register, value) in registers.as_object().unwrap() {
            // Those of the flags and segments are not kept.
            let ours = context.registers.known().find(|(known, _)| known == register);
            let arm64 = if register == "x29" { "fp" } else { "lr" };
            let ours = ours.or_else(|| context.registers.known().find(|(known, _)| *known == arm64));
            match ours {
                Some((_, ours)) => assert_eq!(ours, hex(value), "{name} {register}"),
                None if matches!(register.as_str(), "eflags" | "efl") => {
                    assert_eq!(u64::from(context.flags), hex(value))
                }
                None => panic!("{name} has no {register}"),
            }
        }
    });
}

#[test]
fn modules() {
    each(|name, json, dump| {
        let expected = json["modules"].as_array().unwrap();
        assert_eq!(dump.modules.len(), expected.len(), "{name}");
        let mut modules: Vec<_> = dump.modules.iter().collect();
        // It lists the main module first, the others by address.
        modules.sort_by_key(|m| m.base);
        let mut expected: Vec<_> = expected.iter().collect();
        expected.sort_by_key(|m| hex(&m["base_addr"]));
        for (module, expected) in modules.into_iter().zip(expected) {
            let place = format!("{name} {}", module.name);
            assert_eq!(module.base, hex(&expected["base_addr"]), "{place}");
            assert_eq!(module.end(), hex(&expected["end_addr"]), "{place}");
            assert_eq!(Some(module.code_file_leaf()), text(&expected["filename"]), "{place}");
            assert_eq!(module.version.as_deref(), text(&expected["version"]), "{place}");
            assert_eq!(module.code_id.as_deref(), text(&expected["code_id"]).filter(|id| !id.is_empty()), "{place}");
            let debug_id = text(&expected["debug_id"]).filter(|id| id.bytes().any(|b| b != b'0'));
            assert_eq!(module.debug_id.map(|id| id.to_string()).as_deref(), debug_id, "{place}");
            assert_eq!(
                module.debug_file_leaf(),
                text(&expected["debug_file"]).filter(|name| !name.is_empty()),
                "{place}"
            );
        }
    });
}

#[test]
fn unloaded_modules_and_handles() {
    each(|name, json, dump| {
        let expected = json["unloaded_modules"].as_array().map_or(&[][..], |list| list);
        assert_eq!(dump.unloaded.len(), expected.len(), "{name}");
        for (module, expected) in dump.unloaded.iter().zip(expected) {
            assert_eq!(module.base, hex(&expected["base_addr"]), "{name}");
            assert_eq!(module.end(), hex(&expected["end_addr"]), "{name}");
            assert_eq!(Some(module.name.as_str()), text(&expected["filename"]), "{name}");
            assert_eq!(module.code_id.as_deref(), text(&expected["code_id"]), "{name}");
        }
        let expected = json["handles"].as_array().map_or(&[][..], |list| list);
        let handles = dump.handles.as_deref().unwrap_or_default();
        assert_eq!(handles.len(), expected.len(), "{name}");
        for (handle, expected) in handles.iter().zip(expected) {
            assert_eq!(Some(handle.handle), expected["handle"].as_u64(), "{name}");
            assert_eq!(handle.type_name.as_deref(), text(&expected["type_name"]), "{name}");
            assert_eq!(handle.object_name.as_deref(), text(&expected["object_name"]), "{name}");
        }
    });
}
