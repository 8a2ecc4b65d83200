//! Where stacks end, and that nothing is found above the end.
use crate::process::{ANDROID, MACOS, Process, STACK, linux_app};
use unwind::End;
use vocabulary::{Arch, amd64, arm64};

#[test]
fn a_root_by_name_ends_the_walk() {
    let symbols = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 main\nFUNC 2000 100 0 _start\n\
                   STACK CFI INIT 1000 2000 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n";
    let (frames, stack) = linux_app(symbols, &[0x40_2020, 0x40_1020, 0x40_1020, 0x40_1020]).walk();
    assert_eq!(crate::process::addresses(&frames), [0x40_1010, 0x40_2020]);
    assert_eq!(stack.end, End::Root);
}

#[test]
fn an_undefined_return_address_ends_the_walk() {
    let symbols = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 main\nFUNC 2000 100 0 entry\n\
                   STACK CFI INIT 1000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n\
                   STACK CFI INIT 2000 100 .cfa: $rsp 8 + .ra: .undef\n";
    let (frames, stack) = linux_app(symbols, &[0x40_2020, 0x40_1020, 0x40_1020, 0x40_1020]).walk();
    assert_eq!(crate::process::addresses(&frames), [0x40_1010, 0x40_2020]);
    assert_eq!(stack.end, End::Root);
}

#[test]
fn the_entry_of_a_program_without_symbols_ends_the_walk() {
    // Above it are the arguments, and addresses of code in the auxiliary vector.
    let symbols = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 __libc_start_main_impl\n\
                   STACK CFI INIT 1000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n";
    let (frames, stack) = linux_app(symbols, &[0x40_5020, 1, 0, 0x40_1020, 0x40_1020]).walk();
    assert_eq!(crate::process::addresses(&frames), [0x40_1010, 0x40_5020]);
    assert_eq!(stack.end, End::Root);
    // A function that replaces glibc's has a caller, if its rules say so.
    let symbols = [symbols, "STACK CFI INIT 5000 100 .cfa: $rsp 16 + .ra: .cfa 8 - ^\n"].concat();
    let (frames, _) = linux_app(&symbols, &[0x40_5020, 1, 0x40_1020, 0x40_1020]).walk();
    assert_eq!(crate::process::addresses(&frames)[..3], [0x40_1010, 0x40_5020, 0x40_1020]);
}

#[test]
fn a_register_marked_undefined_is_unknown() {
    // The caller's rbp is gone; its rule for the CFA needs it, so its caller must not come from a stale rbp.
    let symbols = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 crash\nFUNC 2000 100 0 middle\nFUNC 3000 100 0 wrong\n\
                   STACK CFI INIT 1000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^ $rbp: .undef\n\
                   STACK CFI INIT 2000 100 .cfa: $rbp 16 + .ra: .cfa 8 - ^\n";
    let process = linux_app(symbols, &[0x40_2020, 0, 0, 0x40_3020, 0]).reg(amd64::RBP, STACK + 16);
    let (frames, _) = process.walk();
    assert_eq!(frames.len(), 3);
    assert_eq!(frames[2].1, vocabulary::Trust::Scan, "not by the stale frame pointer");
}

#[test]
fn argc_is_no_caller() {
    let symbols = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 main\nFUNC 2000 100 0 nameless_entry\n\
                   STACK CFI INIT 1000 2000 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n";
    let (frames, stack) = linux_app(symbols, &[0x40_2020, 3, 0x40_1020, 0x40_1020]).walk();
    assert_eq!(frames.len(), 2);
    assert_eq!(stack.end, End::Zero);
}

#[test]
fn a_program_of_macos_ends_above_its_main() {
    // As dyld leaves it: the return address of main, the same once more, then a zero that rbp points to, then argc.
    let (start, main) = (0x7fff_0000_acc9, 0x40_1f8b);
    let process = Process::new(Arch::Amd64, MACOS)
        .reg(amd64::RIP, 0x40_1010)
        .reg(amd64::RSP, STACK)
        .reg(amd64::RBP, STACK)
        .module(0x40_0000, 0x10000, "app", None)
        .module(0x7fff_0000_0000, 0x10000, "libdyld.dylib", None)
        .words(STACK, &[STACK + 16, main, STACK + 40, start, start, 0, 1, 0x40_2010, 0]);
    let (frames, stack) = process.walk();
    assert_eq!(crate::process::addresses(&frames), [0x40_1010, main, start]);
    assert_eq!(stack.end, End::Zero);
}

#[test]
fn the_chain_of_frame_pointers_ends_at_zero() {
    let process = Process::new(Arch::Arm64, ANDROID)
        .reg(arm64::PC, 0x40_1010)
        .reg(arm64::SP, STACK)
        .reg(arm64::FP, STACK)
        .module(0x40_0000, 0x10000, "app", None)
        .words(STACK, &[STACK + 16, 0x40_2020, 0, 0x40_3030, 0, 0x40_4040, 0x40_5050]);
    let (frames, stack) = process.walk();
    assert_eq!(crate::process::addresses(&frames), [0x40_1010, 0x40_2020, 0x40_3030]);
    assert_eq!(stack.end, End::Zero);
}

#[test]
fn stack_memory_that_ends_is_told() {
    let symbols =
        "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 f\nSTACK CFI INIT 1000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n";
    let (frames, stack) = linux_app(symbols, &[0x40_1020, 0x40_1020]).walk();
    assert_eq!(frames.len(), 3);
    assert_eq!(stack.end, End::StackMemoryEnd);
    let (frames, stack) = linux_app(symbols, &[0]).reg(amd64::RSP, STACK - 0x1000).walk();
    assert_eq!((frames.len(), stack.end), (1, End::NoStackMemory));
}

#[test]
fn a_runaway_recursion_is_folded() {
    let symbols = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 f\nFUNC 2000 100 0 main\nFUNC 3000 10 0 _start\n\
                   STACK CFI INIT 1000 2000 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n";
    let mut words = vec![0x40_1020; 100_000];
    words.extend([0x40_2020, 0x40_3005]);
    let (frames, stack) = linux_app(symbols, &words).walk();
    let recursion = stack.recursion.expect("folded");
    assert_eq!((recursion.first, recursion.period, recursion.repeats), (1, 1, 100_000));
    assert!(frames.len() < 200);
    assert_eq!(stack.walked(), 100_003);
    assert_eq!(frames.last().map(|f| f.0), Some(0x40_3005));
    assert_eq!(stack.number(frames.len() - 1), 100_002);
}

#[test]
fn a_first_frame_that_returns_to_zero_is_the_last() {
    let symbols =
        "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 entry\nSTACK CFI INIT 1000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n";
    let (frames, stack) = linux_app(symbols, &[0, 0x40_1020, 0x40_1020]).walk();
    assert_eq!((frames.len(), stack.end), (1, End::Zero));
}
