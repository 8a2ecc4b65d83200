//! What a scan takes for a return address, and what it does not.
use vocabulary::Trust::Scan;
use vocabulary::{Arch, amd64, arm};

use crate::process::{ANDROID, LINUX, Process, WINDOWS};

const STACK: u64 = 0x7000_0000;

fn scanned(process: &Process) -> Vec<u64> {
    process.walk().0.iter().filter(|f| f.1 == Scan).map(|f| f.0).collect()
}

#[test]
fn only_executable_memory_is_code() {
    let process = Process::new(Arch::Amd64, WINDOWS)
        .reg(amd64::RIP, 0x40_1010)
        .reg(amd64::RSP, STACK)
        .module(0x40_0000, 0x10000, "app", None)
        .region(0x40_0000, 0x8000, true)
        .region(0x40_8000, 0x8000, false)
        .region(0x50_0000, 0x1000, true) // generated code, outside of all modules
        .words(STACK, &[0x40_9010, 0x50_0100, 0x60_0000, 0x40_2020]);
    assert_eq!(scanned(&process), [0x50_0100, 0x40_2020]);
}

#[test]
fn a_function_is_not_returned_to_at_its_start() {
    let symbols = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 f\nFUNC 2000 100 0 g\nFUNC 2100 100 0 h\n";
    let process = Process::new(Arch::Amd64, LINUX)
        .reg(amd64::RIP, 0x40_1010)
        .reg(amd64::RSP, STACK)
        .module(0x40_0000, 0x10000, "app", Some(symbols))
        // A pointer to g, an address between functions, and one that may be a return from g or a pointer to h.
        .words(STACK, &[0x40_2000, 0x40_5000, 0x40_2100, 0x40_2050]);
    assert_eq!(scanned(&process), [0x40_2050]);
}

#[test]
fn code_in_the_dump_must_show_a_call() {
    let process = Process::new(Arch::Amd64, WINDOWS)
        .reg(amd64::RIP, 0x40_1010)
        .reg(amd64::RSP, STACK)
        .module(0x40_0000, 0x10000, "app", None)
        .bytes(0x40_2000, &[0x90; 16])
        .bytes(0x40_3000, &[0x90, 0x90, 0x90, 0xe8, 1, 0, 0, 0, 0x90])
        .words(STACK, &[0x40_2008, 0x40_3008]);
    assert_eq!(scanned(&process), [0x40_3008]);
}

#[test]
fn arm_addresses_are_thumb_or_aligned() {
    let process = |platform| {
        Process::new(Arch::Arm, platform)
            .reg(arm::PC, 0x40_1010)
            .reg(arm::SP, STACK)
            .module(0x40_0000, 0x10000, "app", None)
            .words(STACK, &[0x40_2002, 0x40_3001, 0x40_4002, 0x40_5004])
    };
    assert_eq!(scanned(&process(LINUX)), [0x40_3000, 0x40_5004]);
    assert_eq!(scanned(&process(ANDROID)), [0x40_3000], "Android's code is Thumb");
}

#[test]
fn a_stale_address_whose_own_rules_lead_nowhere_is_passed_over() {
    let symbols = "MODULE windows x86_64 0 app\nFUNC 1000 100 0 f\nFUNC 2000 100 0 malloc\n\
                   STACK CFI INIT 2000 100 .cfa: $rsp 24 + .ra: .cfa 8 - ^\nFUNC 3000 100 0 g\n";
    let process = Process::new(Arch::Amd64, LINUX)
        .reg(amd64::RIP, 0x40_1010)
        .reg(amd64::RSP, STACK)
        .module(0x40_0000, 0x10000, "app", Some(symbols))
        .words(STACK, &[0x40_2020, 1 << 40, 2 << 40, 3 << 40, 0x40_3030]);
    assert_eq!(scanned(&process), [0x40_3030]);
}
