//! Calls through bad pointers: the caller is where the call left it, on the stack or in the link register.
use crate::process::{ANDROID, LINUX, Process, WINDOWS};
use unwind::End;
use vocabulary::Trust::{Cfi, Context, FramePointer, Leaf};
use vocabulary::{Arch, Trust, amd64, arm, arm64, x86};

const STACK: u64 = 0x7000_0000;

fn expect(process: &Process, frames: &[(u64, Trust)], end: End) {
    let (got, stack) = process.walk();
    assert_eq!(got, frames);
    assert_eq!(stack.end, end);
}

#[test]
fn x86_64_takes_the_top_of_the_stack() {
    let symbols = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 call\nFUNC 2000 100 0 main\nFUNC 3000 100 0 _start\n\
                   STACK CFI INIT 1000 100 .cfa: $rsp 16 + .ra: .cfa 8 - ^\n\
                   STACK CFI INIT 2000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n";
    for (platform, target) in [(LINUX, 0), (LINUX, 3), (WINDOWS, 0x4141_4141_4141_4141)] {
        let process = Process::new(Arch::Amd64, platform)
            .reg(amd64::RIP, target)
            .reg(amd64::RSP, STACK)
            .module(0x40_0000, 0x10000, "app", Some(symbols))
            .words(STACK, &[0x40_1050, 0, 0x40_2020, 0x40_3030, 0x40_1050, 0x40_1051]);
        expect(&process, &[(target, Context), (0x40_1050, Leaf), (0x40_2020, Cfi), (0x40_3030, Cfi)], End::Root);
    }
}

#[test]
fn x86_takes_the_top_of_the_stack() {
    let symbols = "MODULE Linux x86 0 app\nFUNC 1000 100 0 call\nFUNC 3000 100 0 _start\n\
                   STACK CFI INIT 1000 100 .cfa: $esp 8 + .ra: .cfa 4 - ^\n";
    let process = Process::new(Arch::X86, LINUX)
        .reg(x86::EIP, 0)
        .reg(x86::ESP, STACK)
        .reg(x86::EBP, STACK + 8)
        .module(0x40_0000, 0x10000, "app", Some(symbols))
        .words(STACK, &[0x40_1050, 0, 0x40_3030, 0x40_1050]);
    expect(&process, &[(0, Context), (0x40_1050, Leaf), (0x40_3030, Cfi)], End::Root);
}

#[test]
fn a_call_into_data_of_a_module_is_told_by_the_fault() {
    // No memory map, no symbols: only the exception says that there is no code at eip.
    let call = |fault: u64| {
        Process::new(Arch::X86, WINDOWS)
            .reg(x86::EIP, 0x40_8000)
            .reg(x86::ESP, STACK)
            .reg(x86::EBP, STACK + 8)
            .module(0x40_0000, 0x10000, "app.exe", None)
            .words(STACK, &[0x40_1050, 0, 0, 0x40_3030, 0, 0])
            .exception(0xc000_0005, 0, 0x40_8000, &[8, fault])
    };
    let (frames, _) = call(0x40_8000).walk();
    assert_eq!(frames, [(0x40_8000, Context), (0x40_1050, Leaf), (0x40_3030, FramePointer)]);
    let (frames, _) = call(0x10).walk();
    assert_eq!(frames, [(0x40_8000, Context), (0x40_3030, FramePointer)]);
}

#[test]
fn arm64_takes_the_link_register() {
    let symbols = "MODULE Linux arm64 0 app\nFUNC 1000 100 0 call\nFUNC 3000 100 0 _start\n\
                   STACK CFI INIT 1000 100 .cfa: sp 32 + .ra: .cfa -32 + 8 + ^ x29: .cfa -32 + ^\n";
    let process = Process::new(Arch::Arm64, ANDROID)
        .reg(arm64::PC, 3)
        .reg(arm64::SP, STACK)
        .reg(arm64::LR, 0x40_1050)
        .reg(arm64::FP, STACK)
        .module(0x40_0000, 0x10000, "app", Some(symbols))
        .words(STACK, &[STACK + 0x40, 0x40_3030, 0x40_1050, 0x40_1050, 0, 0]);
    expect(&process, &[(3, Context), (0x40_1050, Leaf), (0x40_3030, Cfi)], End::Root);
}

#[test]
fn arm_takes_the_link_register_without_its_thumb_bit() {
    let symbols = "MODULE Linux arm 0 app\nFUNC 1000 100 0 call\nFUNC 3000 100 0 _start\n\
                   STACK CFI INIT 1000 100 .cfa: sp 8 + .ra: .cfa -4 + ^\n";
    let process = Process::new(Arch::Arm, ANDROID)
        .reg(arm::PC, 2)
        .reg(arm::SP, STACK)
        .reg(arm::LR, 0x40_1051)
        .module(0x40_0000, 0x10000, "app", Some(symbols))
        .words(STACK, &[0, 0x40_3031, 0x40_1051]);
    expect(&process, &[(2, Context), (0x40_1050, Leaf), (0x40_3030, Cfi)], End::Root);
}

#[test]
fn a_jump_into_data_is_a_bad_call() {
    let symbols = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 call\nFUNC 3000 100 0 _start\n\
                   STACK CFI INIT 1000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\nPUBLIC 8000 0 table\n";
    let process = Process::new(Arch::Amd64, LINUX)
        .reg(amd64::RIP, 0x40_8010)
        .reg(amd64::RSP, STACK)
        .module(0x40_0000, 0x10000, "app", Some(symbols))
        .region(0x40_0000, 0x8000, true)
        .region(0x40_8000, 0x8000, false)
        .words(STACK, &[0x40_1050, 0x40_3030, 0x40_1050]);
    expect(&process, &[(0x40_8010, Context), (0x40_1050, Leaf), (0x40_3030, Cfi)], End::Root);
}
