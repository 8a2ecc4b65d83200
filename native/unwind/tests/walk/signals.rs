//! Walking from a signal handler to the code that the signal interrupted.
use vocabulary::Trust::{Cfi, Context};
use vocabulary::{Arch, Os, Reg, amd64, arm, arm64, x86};

use crate::process::{ANDROID, LINUX, Process, WINDOWS, addresses};

const STACK: u64 = 0x7000_0000;
/// `handler` is at 1000, the trampoline at 2000, `interrupted` at 3000 and `outer` at 4000.
const HANDLER: u64 = 0x40_1010;
const TRAMPOLINE: u64 = 0x40_2000;
const INTERRUPTED: u64 = 0x40_3020;
const OUTER: u64 = 0x40_4010;

fn symbols(arch: &str, trampoline: &str, rules: &str) -> String {
    format!(
        "MODULE Linux {arch} 0 app\nFUNC 1000 100 0 handler\nPUBLIC 2000 0 {trampoline}\nFUNC 2fff 1 0 pad\n\
         FUNC 3000 100 0 interrupted\nFUNC 4000 100 0 _start\nSTACK CFI INIT 1000 100 {rules}\nSTACK CFI INIT 3000 100 {rules}\n"
    )
}

/// Put words into `stack` from a distance in bytes on.
fn put(stack: &mut [u64], size: usize, at: usize, words: &[u64]) {
    stack[at / size..at / size + words.len()].copy_from_slice(words);
}

/// A thread in `handler`, whose stack has `words`.
fn process(arch: Arch, platform: Os, (pc, sp): (Reg, Reg), symbols: &str, words: &[u64]) -> Process {
    Process::new(arch, platform)
        .reg(pc, HANDLER)
        .reg(sp, STACK)
        .module(0x40_0000, 0x10000, "app", Some(symbols))
        .words(STACK, words)
}

/// x86-64: the return address, then `ucontext_t`. The interrupted function's return address is at 400h.
fn amd64_stack(rsp: u64) -> Vec<u64> {
    let mut stack = vec![0; 0x500 / 8];
    put(&mut stack, 8, 0, &[TRAMPOLINE]);
    put(&mut stack, 8, 8 + 160, &[rsp, INTERRUPTED, 0x202, 0x33]);
    put(&mut stack, 8, 0x400, &[OUTER]);
    stack
}

fn amd64(trampoline: &str, stack: &[u64], platform: Os) -> Process {
    let symbols = symbols("x86_64", trampoline, ".cfa: $rsp 8 + .ra: .cfa 8 - ^");
    process(Arch::Amd64, platform, (amd64::RIP, amd64::RSP), &symbols, stack)
}

#[test]
fn a_handler_on_x86_64_returns_to_what_was_interrupted() {
    let (frames, stack) = amd64("__restore_rt", &amd64_stack(STACK + 0x400), LINUX).walk();
    assert_eq!(frames, [(HANDLER, Context), (TRAMPOLINE, Cfi), (INTERRUPTED, Context), (OUTER, Cfi)]);
    assert_eq!(stack.frames[1].lookup, TRAMPOLINE, "it is no place behind a call");
    assert_eq!(stack.frames[2].lookup, INTERRUPTED, "nor is this");
}

#[test]
fn the_trampoline_needs_no_name_but_what_lies_there_must_be_right() {
    let walked = |stack: &[u64], platform| addresses(&amd64("nameless", stack, platform).walk().0).len();
    assert_eq!(walked(&amd64_stack(STACK + 0x400), LINUX), 4);
    assert!(walked(&amd64_stack(STACK + 0x400), WINDOWS) < 4, "Windows has no such frames");
    assert!(walked(&amd64_stack(STACK - 0x400), LINUX) < 4, "no stack there");
    let mut kernel = amd64_stack(STACK + 0x400);
    put(&mut kernel, 8, 8 + 184, &[0x10]);
    assert!(walked(&kernel, LINUX) < 4, "that is not user code");
}

#[test]
fn a_frame_that_leads_to_itself_is_not_followed_for_ever() {
    let (frames, _) = amd64("__restore_rt", &amd64_stack(STACK), LINUX).walk();
    assert!(frames.len() < 4);
}

#[test]
fn a_handler_on_a_stack_of_its_own() {
    let words = amd64_stack(0x7100_0000);
    let process = amd64("__restore_rt", &words, LINUX);
    let (frames, _) = process.walk();
    assert_eq!(addresses(&frames), [HANDLER, TRAMPOLINE, INTERRUPTED], "the dump has not the other stack");
    let (frames, _) = amd64("__restore_rt", &words, LINUX).words(0x7100_0000, &[OUTER, 0, 0]).walk();
    assert_eq!(addresses(&frames), [HANDLER, TRAMPOLINE, INTERRUPTED, OUTER]);
}

#[test]
fn a_handler_on_x86_returns_to_what_was_interrupted() {
    let symbols = symbols("x86", "__kernel_sigreturn", ".cfa: $esp 4 + .ra: .cfa 4 - ^");
    let mut stack = vec![0; 0x300 / 4];
    // The return address, the signal, and the registers.
    put(&mut stack, 4, 0, &[TRAMPOLINE, 11]);
    put(&mut stack, 4, 8 + 28, &[STACK + 0x200]);
    put(&mut stack, 4, 8 + 56, &[INTERRUPTED, 0x73]);
    put(&mut stack, 4, 0x200, &[OUTER]);
    let expected = [HANDLER, TRAMPOLINE, INTERRUPTED, OUTER];
    assert_eq!(addresses(&process(Arch::X86, LINUX, (x86::EIP, x86::ESP), &symbols, &stack).walk().0), expected);
    // The return address, the signal, pointers to siginfo_t and ucontext_t.
    let mut stack = vec![0; 0x300 / 4];
    put(&mut stack, 4, 0, &[TRAMPOLINE, 11, STACK + 16, STACK + 0x90]);
    put(&mut stack, 4, 0x90 + 20 + 28, &[STACK + 0x200]);
    put(&mut stack, 4, 0x90 + 20 + 56, &[INTERRUPTED, 0x23]);
    put(&mut stack, 4, 0x200, &[OUTER]);
    assert_eq!(addresses(&process(Arch::X86, LINUX, (x86::EIP, x86::ESP), &symbols, &stack).walk().0), expected);
}

#[test]
fn a_handler_on_arm_returns_to_what_was_interrupted() {
    for (name, context) in [("__default_sa_restorer", 0), ("__default_rt_sa_restorer", 128)] {
        let symbols = symbols("arm", name, ".cfa: sp 4 + .ra: .cfa 4 - ^");
        let mut stack = vec![0; 0x400 / 4];
        put(&mut stack, 4, 0, &[TRAMPOLINE | 1]);
        put(&mut stack, 4, 4 + context + 84, &[STACK + 0x300, 0, INTERRUPTED, 0x30]);
        put(&mut stack, 4, 0x300, &[OUTER | 1]);
        let (frames, _) = process(Arch::Arm, ANDROID, (arm::PC, arm::SP), &symbols, &stack).walk();
        assert_eq!(addresses(&frames), [HANDLER, TRAMPOLINE, INTERRUPTED, OUTER], "{name}");
    }
}

#[test]
fn a_handler_on_x86_may_have_interrupted_the_vdso() {
    // The vDSO is in no module: it has the trampoline and the system call that was interrupted.
    let symbols = symbols("x86", "other", ".cfa: $esp 4 + .ra: .cfa 4 - ^");
    let (trampoline, system_call) = (0xf7fd_2600, 0xf7fd_25e9);
    let mut stack = vec![0; 0x300 / 4];
    put(&mut stack, 4, 0, &[trampoline, 10]);
    put(&mut stack, 4, 8 + 28, &[STACK + 0x200]);
    put(&mut stack, 4, 8 + 56, &[system_call, 0x23]);
    put(&mut stack, 4, 0x200, &[0, 0, 0, OUTER]);
    let (frames, _) = process(Arch::X86, LINUX, (x86::EIP, x86::ESP), &symbols, &stack).walk();
    assert_eq!(addresses(&frames), [HANDLER, trampoline, system_call, OUTER]);
}

#[test]
fn on_arm_what_looks_like_user_mode_is_not_enough() {
    let symbols = symbols("arm", "__default_sa_restorer", ".cfa: sp 4 + .ra: .cfa 4 - ^");
    for (at, odd) in [(0, 1), (20, 0x1000), (96, 0x1fff_0010)] {
        let mut stack = vec![0; 0x400 / 4];
        put(&mut stack, 4, 0, &[TRAMPOLINE | 1]);
        put(&mut stack, 4, 4 + 84, &[STACK + 0x300, 0, INTERRUPTED, 0x30]);
        put(&mut stack, 4, 4 + at, &[odd]);
        put(&mut stack, 4, 0x300, &[OUTER | 1]);
        let (frames, _) = process(Arch::Arm, ANDROID, (arm::PC, arm::SP), &symbols, &stack).walk();
        assert!(!frames.contains(&(INTERRUPTED, Context)), "{at}: {odd:x}");
    }
}

#[test]
fn a_handler_on_arm64_returns_through_a_page_of_no_module() {
    let symbols = symbols("arm64", "other", ".cfa: sp 16 + x29: .cfa 16 - ^ .ra: .cfa 8 - ^");
    let page = 0x7f00_0000;
    // The handler's frame record, siginfo_t, ucontext_t; at 1000h the interrupted function's record.
    let mut stack = vec![0; 0x1400 / 8];
    put(&mut stack, 8, 8, &[page]);
    put(&mut stack, 8, 16 + 128 + 432, &[STACK + 0x1300, INTERRUPTED, 0x6000_0000]);
    put(&mut stack, 8, 0x1300, &[0, OUTER]);
    let expected = [HANDLER, page, INTERRUPTED, OUTER];
    let with = |symbols: &str, stack: &[u64]| process(Arch::Arm64, ANDROID, (arm64::PC, arm64::SP), symbols, stack);
    assert_eq!(addresses(&with(&symbols, &stack).walk().0), expected);
    // Without rules: the record leads to the one that the kernel added behind its frame.
    let bare =
        "MODULE Linux arm64 0 app\nFUNC 1000 100 0 handler\nFUNC 3000 100 0 interrupted\nFUNC 4000 100 0 _start\n";
    put(&mut stack, 8, 0, &[STACK + 16 + 4688]);
    put(&mut stack, 8, 16 + 128 + 184 + 8 * 29, &[STACK + 0x1300]);
    let process = with(bare, &stack).reg(arm64::FP, STACK);
    assert_eq!(addresses(&process.walk().0), expected);
}

#[test]
fn the_interrupted_registers_are_all_known() {
    let symbols = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 handler\nPUBLIC 2000 0 __restore_rt\nFUNC 2fff 1 0 pad\n\
                   FUNC 3000 100 0 interrupted\nFUNC 4000 100 0 _start\n\
                   STACK CFI INIT 1000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n\
                   STACK CFI INIT 3000 100 .cfa: $r10 8 + .ra: $rdi\n";
    let mut stack = amd64_stack(STACK + 0x400);
    put(&mut stack, 8, 8 + 40 + 16, &[STACK + 0x410]);
    put(&mut stack, 8, 8 + 40 + 64, &[OUTER]);
    let (frames, _) = process(Arch::Amd64, LINUX, (amd64::RIP, amd64::RSP), symbols, &stack).walk();
    assert_eq!(addresses(&frames), [HANDLER, TRAMPOLINE, INTERRUPTED, OUTER]);
}
