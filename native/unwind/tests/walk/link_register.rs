//! When the link register of the first frame is the caller, and when it is stale.
use crate::process::{ANDROID, Process};
use unwind::End;
use vocabulary::Trust::{Context, FramePointer, Leaf};
use vocabulary::{Arch, arm, arm64};

const STACK: u64 = 0x7000_0000;
const SYMBOLS: &str = "MODULE Linux arm64 0 app\nFUNC 1000 100 0 leaf\nFUNC 2000 100 0 middle\nFUNC 3000 100 0 outer\n";

/// A frame record at `STACK` that leads to `outer`, and the end of the chain.
fn arm64(pc: u64, lr: u64) -> Process {
    Process::new(Arch::Arm64, ANDROID)
        .reg(arm64::PC, pc)
        .reg(arm64::LR, lr)
        .reg(arm64::SP, STACK)
        .reg(arm64::FP, STACK + 16)
        .module(0x40_0000, 0x10000, "app", Some(SYMBOLS))
        .words(STACK, &[0, 0, STACK + 32, 0x40_3020, 0, 0])
}

#[test]
fn a_leaf_keeps_its_caller_in_the_link_register() {
    let (frames, stack) = arm64(0x40_1010, 0x40_2020).walk();
    assert_eq!(frames, [(0x40_1010, Context), (0x40_2020, Leaf), (0x40_3020, FramePointer)]);
    assert_eq!(stack.end, End::Zero);
}

#[test]
fn a_link_register_into_the_own_function_is_stale() {
    let (frames, _) = arm64(0x40_1050, 0x40_1020).walk();
    assert_eq!(frames, [(0x40_1050, Context), (0x40_3020, FramePointer)]);
}

#[test]
fn a_link_register_that_the_frame_record_repeats_makes_no_second_frame() {
    let (frames, _) = arm64(0x40_1010, 0x40_3020).walk();
    assert_eq!(frames, [(0x40_1010, Context), (0x40_3020, FramePointer)]);
}

#[test]
fn signed_addresses_are_stripped() {
    let signed = |address: u64| address | 0x00b5_0000_0000_0000;
    let process = Process::new(Arch::Arm64, ANDROID)
        .reg(arm64::PC, 0x40_1010)
        .reg(arm64::LR, signed(0x40_2020))
        .reg(arm64::SP, STACK)
        .reg(arm64::FP, STACK + 16)
        .module(0x40_0000, 0x10000, "app", Some(SYMBOLS))
        .words(STACK, &[0, 0, STACK + 32, signed(0x40_3020), 0, 0]);
    let (frames, _) = process.walk();
    assert_eq!(frames, [(0x40_1010, Context), (0x40_2020, Leaf), (0x40_3020, FramePointer)]);
}

#[test]
fn without_symbols_distance_decides() {
    let far = |lr: u64| {
        let process = Process::new(Arch::Arm64, ANDROID)
            .reg(arm64::PC, 0x40_1010)
            .reg(arm64::LR, lr)
            .reg(arm64::SP, STACK)
            .reg(arm64::FP, STACK + 16)
            .module(0x40_0000, 0x10000, "app", None)
            .module(0x50_0000, 0x10000, "other", None)
            .words(STACK, &[0, 0, STACK + 32, 0x40_3020, 0, 0]);
        process.walk().0.len()
    };
    assert_eq!(far(0x40_1100), 2, "so near, it is the function's own");
    assert_eq!(far(0x40_9000), 3);
    assert_eq!(far(0x50_1000), 3, "another module calls");
    assert_eq!(far(0x60_1000), 2, "no code there");
}

#[test]
fn arm_leaf_then_scan_skips_the_pushed_copy() {
    // A system call stub: pushes r7 and lr, then traps; the copy of lr on the stack is no caller.
    let symbols = "MODULE Linux arm 0 app\nFUNC 1000 10 0 syscall\nFUNC 2000 100 0 sleep\nFUNC 3000 100 0 main\n";
    let process = Process::new(Arch::Arm, ANDROID)
        .reg(arm::PC, 0x40_1006)
        .reg(arm::LR, 0x40_2021)
        .reg(arm::SP, STACK)
        .module(0x40_0000, 0x10000, "app", Some(symbols))
        .words(STACK, &[7, 0x40_2021, 0, 0x40_3031, 0]);
    let (frames, _) = process.walk();
    assert_eq!(crate::process::addresses(&frames), [0x40_1006, 0x40_2020, 0x40_3030]);
}

#[test]
fn addresses_signed_from_bit_39_on_are_stripped() {
    let signed = |address: u64| address | 0x2a << 40;
    let (base, stack) = (0x55_0000_0000, 0x7f_e000_0000);
    let process = Process::new(Arch::Arm64, ANDROID)
        .reg(arm64::PC, base + 0x1010)
        .reg(arm64::LR, signed(base + 0x2020))
        .reg(arm64::SP, stack)
        .reg(arm64::FP, stack + 16)
        .module(base, 0x10000, "app", Some(SYMBOLS))
        .words(stack, &[0, 0, stack + 32, signed(base + 0x3020), 0, 0]);
    let (frames, _) = process.walk();
    assert_eq!(crate::process::addresses(&frames), [base + 0x1010, base + 0x2020, base + 0x3020]);
}

#[test]
fn a_link_register_into_another_part_of_the_function_is_stale() {
    for other in ["foo", "foo.cold", "foo [clone .cold]"] {
        let symbols =
            format!("MODULE Linux arm64 0 app\nFUNC 1000 100 0 foo\nFUNC 2000 100 0 {other}\nFUNC 3000 100 0 outer\n");
        let process = Process::new(Arch::Arm64, ANDROID)
            .reg(arm64::PC, 0x40_2010)
            .reg(arm64::LR, 0x40_1020)
            .reg(arm64::SP, STACK)
            .reg(arm64::FP, STACK + 16)
            .module(0x40_0000, 0x10000, "app", Some(&symbols))
            .words(STACK, &[0, 0, STACK + 32, 0x40_3020, 0, 0]);
        let (frames, _) = process.walk();
        assert_eq!(frames, [(0x40_2010, Context), (0x40_3020, FramePointer)], "{other}");
    }
}
