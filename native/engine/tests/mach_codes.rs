//! A Mach exception has one bucket, whether an input gives its code as a number, in words or both.

#![allow(clippy::unwrap_used)]

use engine::{Options, Outcome, Resolution, Session};
use failure::reason::mach_codes::{exception_name, known_codes};
use failure::record::{Naming, explained};
use inputs::{Container, Item};
use serde_json::{Value, json};
use vocabulary::Arch;

/// The failure name of an input with one crash.
fn name(input: String) -> String {
    report(input)["failure"]["name"].as_str().unwrap().to_owned()
}

fn report(input: String) -> Value {
    let container = Container::open(input).unwrap();
    let Item::Unwound(crash) = container.crash(0).unwrap() else { panic!("a minidump") };
    let session = Session::new();
    loop {
        match session.process_unwound(&crash, &Options::default()).unwrap() {
            Outcome::Report(report) => return serde_json::from_slice(&report).unwrap(),
            Outcome::Needs(keys) => keys.into_iter().for_each(|key| session.resolve(key, Resolution::default())),
        }
    }
}

fn ips(cpu: &str, exception: &Value) -> String {
    let header = json!({"bug_type": "309", "app_name": "A", "incident_id": "1"});
    let frames = [json!({"imageIndex": 0, "imageOffset": 512, "symbol": "f", "symbolLocation": 16})];
    let body = json!({
        "procName": "A",
        "cpuType": cpu,
        "osVersion": {"train": "macOS 14.4", "build": "23E214"},
        "exception": exception,
        "threads": [{"triggered": true, "frames": frames}],
        "usedImages": [{"base": 4_343_431_168_u64, "size": 32_768, "name": "A"}],
    });
    format!("{header}\n{body}\n")
}

fn crash(cpu: &str, exception: &str) -> String {
    format!(
        "Process:               A [1]\nPath:                  /Applications/A.app/A\nIdentifier:            a\n\
         Version:               1 (1)\nCode Type:             {cpu} (Native)\nParent Process:        launchd [1]\n\n\
         Date/Time:             2024-04-02 09:15:07.123 +0200\nOS Version:            macOS 14.4 (23E214)\n\
         Report Version:        12\n\n{exception}\n\nThread 0 Crashed:\n\
         0   A                             \t0x0000000102f38200 f + 16\n\n\
         Binary Images:\n       0x102f38000 -        0x102f3ffff A (1) <11111111-2222-3333-4444-555555555555> /Applications/A.app/A\n"
    )
}

fn app_center(exception: &str, code: &str) -> String {
    json!({"logs": [{
        "type": "appleError", "id": "1", "timestamp": "2024-04-02T09:15:07Z", "processId": 1, "processName": "A",
        "fatal": true, "primaryArchitectureId": 16_777_228, "architectureVariantId": 0,
        "device": {"osName": "macOS", "osVersion": "14.4"},
        "osExceptionType": exception, "osExceptionCode": code, "osExceptionAddress": "0x10",
        "errorThreadId": 0,
        "threads": [{"id": 0, "frames": [{"address": "0x102f38200", "code": "f + 16"}]}],
        "binaries": [{"id": "11111111-2222-3333-4444-555555555555", "startAddress": "0x102f38000",
            "endAddress": "0x102f3ffff", "name": "A", "path": "/Applications/A.app/A"}],
    }]})
    .to_string()
}

fn record(cpu: &str, exception: &Value, code: &Value) -> String {
    let record = json!({
        "os": "macos", "cpu": cpu, "mach_exception": exception, "mach_code": code, "fault_address": "0x10",
        "frames": [{"module": "A", "function": "f"}],
    });
    explained(record.to_string().as_bytes(), &Naming::default()).unwrap().failure.name
}

#[test]
fn a_code_has_one_bucket_by_name_and_by_number() {
    for (exception, arch, code, code_name) in known_codes() {
        let exception_name = exception_name(exception).unwrap();
        let x86 = arch == Some(Arch::Amd64);
        let (in_ips, in_text, in_record) =
            if x86 { ("X86-64", "X86-64", "amd64") } else { ("ARM-64", "ARM-64", "arm64") };
        let subtype = format!("{code_name} at 0x0000000000000010");
        let codes = format!("{code:#018x}, 0x0000000000000010");
        let by_number = name(ips(in_ips, &json!({"type": exception_name, "codes": codes})));

        let others = [
            name(ips(in_ips, &json!({"type": exception_name, "subtype": subtype}))),
            name(ips(in_ips, &json!({"type": exception_name, "subtype": subtype, "codes": codes}))),
            name(ips(in_ips, &json!({"type": exception_name, "subtype": subtype, "codes": "0x0, 0x0"}))),
            name(crash(in_text, &format!("Exception Type:        {exception_name}\nException Codes:       {codes}"))),
            name(crash(in_text, &format!("Exception Type:        {exception_name}\nException Codes:       {subtype}"))),
            name(crash(in_text, &format!("Exception Type:        {exception_name}\nException Subtype:     {subtype}"))),
            record(in_record, &json!(exception_name), &json!(code_name)),
            record(in_record, &json!(exception_name), &json!(subtype)),
            record(in_record, &json!(exception), &json!(code)),
        ];
        for (source, other) in others.iter().enumerate() {
            assert_eq!(*other, by_number, "{exception_name} {code_name}, source {source}");
        }
        if !x86 {
            let by_name = name(app_center(exception_name, code_name));
            assert_eq!(by_name, name(app_center(exception_name, &code.to_string())), "{exception_name} {code_name}");
            assert_eq!(by_name, by_number, "{exception_name} {code_name}, App Center");
        }
    }
}

/// Resources and guards have their kind in the upper bits of the code.
#[test]
fn resources_and_guards_have_one_bucket_by_name_and_by_number() {
    let resources = ["CPU", "WAKEUPS", "MEMORY", "IO", "THREADS", "PORTS"];
    let guards = ["MACH_PORT", "FD", "USER", "VN", "VIRT_MEMORY", "REJECTED_SC"];
    let rows = resources.map(|kind| ("EXC_RESOURCE", "RESOURCE_TYPE_", kind)).into_iter().enumerate();
    for (index, (exception, prefix, kind)) in
        rows.chain(guards.map(|kind| ("EXC_GUARD", "GUARD_TYPE_", kind)).into_iter().enumerate())
    {
        let code = (index as u64 + 1) << 61;
        let codes = format!("{code:#018x}, 0x0000000000000000");
        let by_number = name(ips("ARM-64", &json!({"type": exception, "codes": codes})));
        assert!(by_number.contains(kind), "{by_number}");
        for word in [kind.to_owned(), format!("{prefix}{kind}"), format!("{prefix}{kind}, id=0x1")] {
            let others = [
                name(ips("ARM-64", &json!({"type": exception, "subtype": word}))),
                name(ips("ARM-64", &json!({"type": exception, "subtype": word, "codes": "0x0, 0x0"}))),
                name(ips("ARM-64", &json!({"type": exception, "subtype": word, "codes": codes}))),
                name(crash("ARM-64", &format!("Exception Type:        {exception}\nException Subtype:     {word}"))),
                name(crash("ARM-64", &format!("Exception Type:        {exception}\nException Codes:       {word}"))),
                name(app_center(exception, &word)),
                name(app_center(exception, &code.to_string())),
                record("arm64", &json!(exception), &json!(word)),
                record("arm64", &json!(exception), &json!(code)),
                record("arm64", &json!(exception), &json!(format!("{code:#x}"))),
            ];
            for (source, other) in others.iter().enumerate() {
                assert_eq!(*other, by_number, "{exception} {word}, source {source}");
            }
        }
    }
}

/// The number of a code in words is that of the processor that the word belongs to.
#[test]
fn a_word_of_another_processor_is_kept_as_it_is() {
    for (cpu, exception, word, wrong) in [
        ("ARM-64", "EXC_ARITHMETIC", "EXC_I386_DIV", "EXC_ARM_FP"),
        ("X86-64", "EXC_ARITHMETIC", "EXC_ARM_FP_DZ", "EXC_I386"),
        ("ARM-64", "EXC_BREAKPOINT", "EXC_I386_SGL", "EXC_ARM"),
        ("ARM-64", "EXC_BAD_ACCESS", "EXC_I386_GPFLT", "EXC_ARM"),
    ] {
        let report = report(ips(cpu, &json!({"type": exception, "subtype": word})));
        let kind = report["crash_info"]["type"].as_str().unwrap();
        assert_eq!(kind, format!("{exception} / {word}"));
        assert!(!report["failure"].to_string().contains(wrong), "{report}");
    }
}
