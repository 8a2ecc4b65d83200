//! "Executable" in the memory map is no proof of code, and generated code is crossed where its frame pointers lead back.
use vocabulary::Trust::{Cfi, Context, FramePointer, Scan};
use vocabulary::{Arch, Os, amd64};

use crate::process::{LINUX, Process, WINDOWS, addresses};

const STACK: u64 = 0x7000_0000;
const HEAP: u64 = 0x5000_0000;
const SYMBOLS: &str = "MODULE Linux x86_64 0 app\nFUNC 1000 40 0 boom\nFUNC 1100 80 0 worker\nFUNC 1200 80 0 main\n";

fn scanned(symbols: &str) -> Process {
    Process::new(Arch::Amd64, LINUX)
        .reg(amd64::RIP, 0x40_1010)
        .reg(amd64::RSP, STACK)
        .module(0x40_0000, 0x10000, "app", Some(symbols))
        .words(STACK, &[HEAP + 0x123, STACK + 0x25, HEAP + 0x777, 0x40_1150, HEAP + 0x9, 0x40_1250])
        .region(0x40_0000, 0x10000, true)
        .listed()
}

#[test]
fn a_process_whose_data_are_executable() {
    // Every readable page is executable.
    let process = scanned(SYMBOLS).rwx(HEAP, 0x1000).rwx(STACK, 0x1000);
    assert_eq!(addresses(&process.walk().0), [0x40_1010, 0x40_1150, 0x40_1250]);
    // So is the code of a call by chance.
    let call = [0x90, 0x90, 0x90, 0xe8, 1, 2, 3, 4];
    let process = process.bytes(HEAP + 0x123 - 8, &call).bytes(HEAP + 0x777 - 8, &call);
    assert_eq!(addresses(&process.walk().0), [0x40_1010, 0x40_1150, 0x40_1250]);
}

#[test]
fn a_stack_that_is_executable_alone() {
    let process = scanned(SYMBOLS).region(HEAP, 0x1000, false).rwx(STACK, 0x1000);
    assert_eq!(addresses(&process.walk().0), [0x40_1010, 0x40_1150, 0x40_1250]);
}

#[test]
fn generated_code_shows_a_call_or_is_not_written_to() {
    let data = |process: Process| process.region(STACK, 0x1000, false).region(0x6000_0000, 0x1000, false);
    // Writable, and nothing shows a call.
    let process = data(scanned(SYMBOLS)).rwx(HEAP, 0x1000);
    assert_eq!(addresses(&process.walk().0), [0x40_1010, 0x40_1150, 0x40_1250]);
    // A call before one of the words, none before another.
    let process = process.bytes(HEAP + 0x76f, &[0, 0, 0, 0xe8, 1, 2, 3, 4]).bytes(HEAP + 0x11b, &[0x90; 8]);
    assert_eq!(addresses(&process.walk().0), [0x40_1010, HEAP + 0x777, 0x40_1150, 0x40_1250]);
}

/// Frames of a compiler that keeps frame pointers, between two of the module; no memory map.
fn through_generated_code(platform: Os, back: u64) -> Process {
    let symbols = format!("{SYMBOLS}STACK CFI INIT 1000 40 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n");
    Process::new(Arch::Amd64, platform)
        .reg(amd64::RIP, 0x40_1010)
        .reg(amd64::RSP, STACK)
        .reg(amd64::RBP, STACK + 24)
        .module(0x40_0000, 0x10000, "app", Some(&symbols))
        .words(STACK, &[HEAP + 0x100, 7, 7, STACK + 48, HEAP + 0x200, 7, STACK + 80, back, 7, 7, 0, 0])
}

#[test]
fn frame_pointers_lead_through_generated_code() {
    for platform in [LINUX, WINDOWS] {
        let (frames, _) = through_generated_code(platform, 0x40_1150).walk();
        let expected =
            [(0x40_1010, Context), (HEAP + 0x100, Cfi), (HEAP + 0x200, FramePointer), (0x40_1150, FramePointer)];
        assert_eq!(frames[..4], expected);
    }
}

#[test]
fn a_chain_that_leads_nowhere_proves_no_code() {
    let (frames, _) = through_generated_code(LINUX, HEAP + 0x300).walk();
    assert!(frames.iter().all(|f| f.0 < HEAP), "{frames:x?}");
}

#[test]
fn what_the_kernel_wrote_is_no_caller() {
    let process = Process::new(Arch::Amd64, LINUX)
        .reg(amd64::RIP, 0x40_1010)
        .reg(amd64::RSP, STACK)
        .module(0x40_0000, 0x10000, "app", Some(SYMBOLS))
        .words(STACK, &[7, 0x40_1251, 0x40_1150])
        .auxiliary(0x40_1251);
    let (frames, _) = process.walk();
    assert_eq!(frames, [(0x40_1010, Context), (0x40_1150, Scan)]);
}
