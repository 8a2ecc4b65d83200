//! ARM, where a program has unwind rules and the C library has none that a symbol file can hold (`.ARM.exidx`).
use vocabulary::{Arch, arm};

use crate::process::{ANDROID, Process, addresses};

const STACK: u64 = 0x7000_0000;

/// `stub` and `sleep` have no rules; the others do.
const SYMBOLS: &str = "MODULE Linux arm 0 app\nPUBLIC 1001 0 stub\nPUBLIC 1801 0 sleep\n\
    FUNC 2000 100 0 waits\nFUNC 3000 20 0 thread_function\nFUNC 3020 20 0 next_function\nFUNC 4000 100 0 _start\nFUNC 5000 100 0 main\n\
    FUNC 6000 100 0 __libc_start_main\nFUNC 7000 100 0 copies\n\
    STACK CFI INIT 2000 80 .cfa: sp 12 + .ra: .cfa 4 - ^ r7: .cfa 8 - ^\n\
    STACK CFI INIT 2080 80 .cfa: r7 8 + .ra: .cfa 4 - ^ r7: .cfa 8 - ^\n\
    STACK CFI INIT 3000 20 .cfa: r7 8 + .ra: .cfa 4 - ^ r7: .cfa 8 - ^\n\
    STACK CFI INIT 5000 100 .cfa: r11 4 + .ra: .cfa 4 - ^ r11: .cfa 8 - ^\n\
    STACK CFI INIT 7000 100 .cfa: r11 4 + .ra: .cfa 4 - ^ r11: .cfa 8 - ^\n";

fn process(pc: u64, lr: u64, words: &[u64]) -> Process {
    Process::new(Arch::Arm, ANDROID)
        .reg(arm::PC, pc)
        .reg(arm::LR, lr)
        .reg(arm::SP, STACK)
        .module(0x40_0000, 0x10000, "app", Some(SYMBOLS))
        .words(STACK, words)
}

#[test]
fn what_a_leaf_without_rules_pushed_is_found_out_by_its_callers_rules() {
    // `stub` pushed two registers: read from its stack pointer, the rules of `waits` would find 0 and end.
    let (frames, _) = process(0x40_1010, 0x40_2021, &[11, 12, 0, 0, 0x40_4021, 5, 6, 7]).walk();
    assert_eq!(addresses(&frames), [0x40_1010, 0x40_2020, 0x40_4020]);
}

#[test]
fn a_frame_pointer_that_a_leaf_without_rules_pushed_is_used() {
    // `stub` pushed r4 and r7, and uses r7 for the number of the system call.
    let process = process(0x40_1010, 0x40_2091, &[1, STACK + 16, 0, 0, 0, 0x40_4021, 0]).reg(arm::R7, 0xa2);
    assert_eq!(addresses(&process.walk().0), [0x40_1010, 0x40_2090, 0x40_4020]);
}

/// A thread that sleeps. `odd` is what `sleep` pushed besides the frame pointer of `waits`.
fn sleeping(odd: u64) -> Process {
    let words = [0, 0x40_1821, 0, STACK + 24, odd, 0x40_2091, STACK + 32, 0x40_3021, 0, 0x40_4021, 0, 0];
    process(0x40_1010, 0x40_1820 | 1, &words)
}

#[test]
fn a_call_at_the_very_end_of_a_function_is_one_if_the_rules_lead_on() {
    let (frames, _) = sleeping(0).walk();
    assert_eq!(addresses(&frames), [0x40_1010, 0x40_1820, 0x40_2090, 0x40_3020, 0x40_4020]);
}

#[test]
fn a_guess_never_leads_to_another_stack() {
    // What looks like a saved frame pointer is the address of another thread's frame.
    for odd in [0x7100_0001, 0x7100_0000] {
        let (frames, _) = sleeping(odd).words(0x7100_0000, &[0, 0x40_2021, 0x40_2021, 0x40_2021, 0x40_2021, 0]).walk();
        assert_eq!(addresses(&frames), [0x40_1010, 0x40_1820, 0x40_2090, 0x40_3020, 0x40_4020], "{odd:x}");
    }
}

#[test]
fn main_goes_before_what_it_called_earlier() {
    // `copies` has returned, but its address is still there, and `main`'s frame pointer is right for its rules as well.
    let words = [0, 0x40_1821, 0, 0x40_7021, 0, 0x40_5021, 0, 0, 0, 0x40_6021, 0, 0];
    let process = process(0x40_1010, 0x40_1821, &words).reg(arm::FP, STACK + 36);
    assert_eq!(addresses(&process.walk().0), [0x40_1010, 0x40_1820, 0x40_5020, 0x40_6020]);
}

#[test]
fn what_its_own_rules_cannot_confirm_comes_after_what_has_none() {
    // `waits` was called earlier, and no frame pointer makes its rules lead anywhere.
    let words = [0, 0, 0, 0x40_2091, 0, 0x40_1821, 0, 0x40_4021, 0];
    let (frames, _) = process(0x40_1010, 0x40_1031, &words).walk();
    assert_eq!(addresses(&frames)[..2], [0x40_1010, 0x40_1820]);
    // A module without symbols is no better evidence: anything in it would do.
    let words = [0, 0, 0, 0x40_2091, 0, 0x50_1821, 0, 0x50_4021, 0];
    let process = process(0x40_1010, 0x40_1031, &words).module(0x50_0000, 0x10000, "other", None);
    assert_eq!(addresses(&process.walk().0)[..2], [0x40_1010, 0x40_2090]);
}
