//! `STACK WIN`: frame data and FPO, and the parameters of the callee's callee.
use vocabulary::Trust::{Cfi, Context};
use vocabulary::{Arch, x86};

use crate::process::{Process, WINDOWS};

const STACK: u64 = 0x0070_0000;

fn windows(symbols: &str, stack: &[u64]) -> Process {
    Process::new(Arch::X86, WINDOWS)
        .reg(x86::EIP, 0x40_1010)
        .reg(x86::ESP, STACK)
        .reg(x86::EBP, STACK + 0x40)
        .module(0x40_0000, 0x10000, "app.exe", Some(symbols))
        .words(STACK, stack)
}

#[test]
fn parameters_of_the_frame_below_count_at_every_depth() {
    // Three functions with different parameter sizes; each was left with its callee's parameters on the stack.
    let symbols = "MODULE windows x86 0 app.pdb\nFUNC 1000 100 8 a\nFUNC 2000 100 4 b\nFUNC 3000 100 0 c\nFUNC 4000 100 0 d\n\
                   STACK WIN 0 1000 100 0 0 8 0 4 0 0 0\nSTACK WIN 0 2000 100 0 0 4 0 0 0 0 0\n\
                   STACK WIN 0 3000 100 0 0 0 0 8 0 0 0\n";
    let stack = [
        0x11, 0x40_2020, // a: 4 bytes of locals, return into b
        0xa1, 0xa2, 0x40_3030, // a's 8 bytes of parameters, return into c
        0xb1, 0x33, 0x34, 0x40_4040, // b's 4 bytes, c's locals, return into d
        0, 0, 0, 0, 0,
    ];
    let (frames, _) = windows(symbols, &stack).walk();
    assert_eq!(frames[..4], [(0x40_1010, Context), (0x40_2020, Cfi), (0x40_3030, Cfi), (0x40_4040, Cfi)]);
}

#[test]
fn parameters_may_be_among_the_locals() {
    // Code that makes room for its calls' parameters in the prologue, as Clang's without optimisation: 12 bytes of b's
    // locals hold a's parameter. Behind c's return address lies d's, as bait.
    let program = "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =";
    let symbols = format!(
        "MODULE windows x86 0 app.pdb\nFUNC 1000 100 4 a\nFUNC 2000 100 0 b\nFUNC 3000 100 0 c\nFUNC 4000 100 0 d\n\
         STACK WIN 4 1000 100 0 0 4 0 0 0 1 {program}\nSTACK WIN 4 2000 100 0 0 0 0 c 0 1 {program}\n"
    );
    let stack = [0x40_2020, 0x11, 0x12, 0x13, 0x40_3030, 0x21, 0x40_4040, 0, 0];
    let (frames, _) = windows(&symbols, &stack).walk();
    assert_eq!(frames[..3], [(0x40_1010, Context), (0x40_2020, Cfi), (0x40_3030, Cfi)]);
}

#[test]
fn programs_restore_what_they_assign_and_nothing_else() {
    let symbols = "MODULE windows x86 0 app.pdb\nFUNC 1000 100 0 a\nFUNC 2000 100 0 b\n\
                   STACK WIN 4 1000 100 0 0 0 4 8 0 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + = $ebx $T0 4 - ^ =\n";
    let stack = [0x11, 0x12, 0xbb, 0x40_2020, 0, 0, 0];
    let (frames, _) = windows(symbols, &stack).walk();
    assert_eq!(frames[..2], [(0x40_1010, Context), (0x40_2020, Cfi)]);
}

#[test]
fn an_aligned_frame_is_found_by_ebp() {
    let symbols = "MODULE windows x86 0 app.pdb\nFUNC 1000 100 0 a\nFUNC 2000 100 0 b\n\
                   STACK WIN 4 1000 100 0 0 0 0 30 0 1 $T1 .raSearch = $T0 $T1 4 - 8 @ = $ebp $T1 4 - ^ = $eip $T1 ^ = $esp $T1 4 + =\n";
    let mut stack = vec![0; 0x40 / 4];
    stack.extend([STACK + 0x100, 0x40_2020, 0, 0]);
    let (frames, _) = windows(symbols, &stack).walk();
    assert_eq!(frames[..2], [(0x40_1010, Context), (0x40_2020, Cfi)]);
}

#[test]
fn programs_may_name_any_variable() {
    let symbols = "MODULE windows x86 0 app.pdb\nFUNC 1000 100 0 a\nFUNC 2000 100 0 b\n\
                   STACK WIN 4 1000 100 0 0 0 0 0 0 1 $T9 $esp 8 + = $eip $T9 ^ = $esp $T9 4 + =\n";
    let (frames, _) = windows(symbols, &[0x11, 0x12, 0x40_2020, 0, 0, 0]).walk();
    assert_eq!(frames[..2], [(0x40_1010, Context), (0x40_2020, Cfi)]);
}

#[test]
fn a_recursion_that_keeps_pointers_to_its_caller_is_no_aligned_frame() {
    // At ebp-4 each turn keeps a pointer behind the return address of the turn before: its arguments.
    let turns = 20;
    let mut words = vec![0; 4];
    for turn in 0..turns {
        let ebp = STACK + 0x10 + turn * 0x20;
        words.extend([ebp + 0x20, 0x40_2020, 1, 2, 3, 4, 5, ebp + 0x40 + 8]);
    }
    words.extend([0, 0x40_3030, 0, 0]);
    let process = Process::new(Arch::X86, WINDOWS)
        .reg(x86::EIP, 0x40_2010)
        .reg(x86::ESP, STACK)
        .reg(x86::EBP, STACK + 0x10)
        .module(0x40_0000, 0x10000, "app.exe", None)
        .words(STACK, &words);
    let (frames, _) = process.walk();
    assert_eq!(frames.len() as u64, turns + 2, "{frames:x?}");
    assert!(frames[1..].iter().all(|f| f.1 == vocabulary::Trust::FramePointer));
}
