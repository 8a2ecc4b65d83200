//! The report's description of the crash itself.

#![allow(clippy::unwrap_used)]

mod support;

use minidump_synth::Builder;
use serde_json::{Value, json};

const RIP: u64 = 0x40_1000;
const RSP: u64 = 0x7ffd_0000_1000;
const MAPS: &[u8] = b"00400000-00402000 r-xp 00000000 08:01 7 /bin/app\n\
7ffd00001000-7ffd00022000 rw-p 00000000 00:00 0 [stack]\n";

/// A fault at an address in a Linux program whose stack pointer is at the end of its stack.
fn fault(code: u32, flags: u32, address: u64) -> Value {
    let mut b = Builder::default();
    b.linux_x64();
    b.thread_x64(9, RIP, RSP, &[0; 64]);
    b.exception(9, code, flags, address, &[1, u64::MAX]);
    b.stream(0x4767_0009, MAPS.to_vec());
    support::report(&b.build(), &[])
}

fn is_overflow(report: &Value) -> bool {
    report["failure"]["problem_classes"].as_array().unwrap().contains(&json!("STACK_OVERFLOW"))
}

#[test]
fn a_push_below_the_stack_is_an_overflow() {
    let report = fault(11, 1, RSP - 8);
    assert!(is_overflow(&report), "{}", report["failure"]);
    assert_eq!(report["crash_info"]["type"], "SIGSEGV / SEGV_MAPERR");
    assert_eq!(report["crash_info"]["address"], "0x00007ffd00000ff8");
}

#[test]
fn other_faults_are_not() {
    for (code, address) in [(11, 0), (11, 0x1234_5678), (11, RSP + 64), (11, RSP - (1 << 30)), (6, RSP - 8), (11, RIP)]
    {
        let report = fault(code, 1, address);
        assert!(!is_overflow(&report), "{code} {address:#x}: {}", report["failure"]);
    }
}

#[test]
fn a_fault_at_the_program_counter_is_an_execution() {
    assert_eq!(fault(11, 2, RIP)["crash_info"]["access"], "execute");
    assert_eq!(fault(11, 1, 0)["crash_info"]["access"], Value::Null);
}

#[test]
fn the_exception_is_shown_whole() {
    let crash = &fault(11, 1, 0x10)["crash_info"];
    assert_eq!(crash["code"], "0x0000000b");
    assert_eq!(crash["flags"], "0x00000001");
    assert_eq!(crash["parameters"], json!(["0x0000000000000001", "0xffffffffffffffff"]));
    assert_eq!(crash["signal"], "SIGSEGV");
    assert_eq!(crash["crashing_thread"], 0);
}

#[test]
fn the_crashing_thread_is_a_copy_with_registers() {
    let report = fault(11, 1, 0);
    let mut copy = report["crashing_thread"].clone();
    assert_eq!(copy["threads_index"], 0);
    assert_eq!(copy["frames"][0]["registers"]["rip"], "0x0000000000401000");
    copy.as_object_mut().unwrap().remove("threads_index");
    copy["frames"][0].as_object_mut().unwrap().remove("registers");
    assert_eq!(copy, report["threads"][0]);
}

#[test]
fn the_assertion_is_a_text_and_its_parts() {
    let mut b = Builder::default();
    b.windows_x64();
    let mut s = vec![0u8; 776];
    for (at, text) in [(0, "x > 0"), (256, "f"), (512, "a.c")] {
        for (slot, unit) in s[at..].chunks_mut(2).zip(text.encode_utf16()) {
            slot.copy_from_slice(&unit.to_le_bytes());
        }
    }
    s[768] = 7;
    s[772] = 1;
    b.stream(0x4767_0002, s);
    let crash = &support::report(&b.build(), &[])["crash_info"];
    assert_eq!(crash["assertion"], "x > 0 in f at a.c:7");
    assert_eq!(
        crash["assertion_info"],
        json!({"expression": "x > 0", "function": "f", "file": "a.c", "line": 7, "kind": "invalid_parameter"})
    );
    assert_eq!(crash["type"], Value::Null);
}

#[test]
fn soft_errors_stay_on_one_line_and_are_text_where_they_are_no_json() {
    for (text, shown) in [("[{\n \"a\":\r\n 1}]", json!([{"a": 1}])), ("[{", json!("[{")), ("", Value::Null)] {
        let mut b = Builder::default();
        b.linux_x64();
        b.stream(0x4d7a_0004, text.as_bytes().to_vec());
        let session = engine::Session::new();
        let json = support::bytes(&session, &b.build(), &[], &engine::Options::default()).unwrap();
        assert!(!json.contains(&b'\n'));
        assert_eq!(serde_json::from_slice::<Value>(&json).unwrap()["soft_errors"], shown);
    }
}

#[test]
fn the_last_error_comes_from_the_thread_block() {
    let mut b = Builder::default();
    b.windows_x64();
    // The stack doubles as the environment block: the last error is 0x68 bytes into it.
    let mut stack = vec![0u8; 256];
    stack[0x68] = 5;
    b.thread_x64(9, 0x10_0000, 0x7000_0000, &stack);
    b.set_teb(0x7000_0000);
    assert_eq!(support::report(&b.build(), &[])["threads"][0]["last_error_value"], "ERROR_ACCESS_DENIED");
}
