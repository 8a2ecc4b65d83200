//! Threads that wait in the kernel, entered through the vDSO of 32-bit x86.
use vocabulary::{Arch, Os, x86};

use crate::process::{ANDROID, LINUX, Process, WINDOWS, addresses};

const STACK: u64 = 0x7000_0000;
const SYSTEM_CALL: u64 = 0xf7fd_25e9;
const SYMBOLS: &str = "MODULE Linux x86 0 app\nFUNC 1000 100 0 read\nFUNC 2000 100 0 waits\nFUNC 3000 100 0 _start\n\
    STACK CFI INIT 1000 100 .cfa: $ebp 8 + .ra: .cfa 4 - ^ $ebp: .cfa 8 - ^\n\
    STACK CFI INIT 2000 100 .cfa: $esp 8 + .ra: .cfa 4 - ^\n";

/// Pushed: ebp, edx, ecx. In the kernel ebp is a copy of esp, or the argument of the system call.
fn waiting(platform: Os, ebp: u64) -> Process {
    let words = [STACK + 24, 2, 1, 0x40_1010, 0, 0, 0, 0x40_2010, 0, 0x40_3010, STACK + 36, 0x40_3010];
    Process::new(Arch::X86, platform)
        .reg(x86::EIP, SYSTEM_CALL)
        .reg(x86::ESP, STACK)
        .reg(x86::EBP, ebp)
        .module(0x40_0000, 0x10000, "app", Some(SYMBOLS))
        .words(STACK, &words)
}

#[test]
fn the_caller_is_behind_three_pushed_registers() {
    let expected = [SYSTEM_CALL, 0x40_1010, 0x40_2010, 0x40_3010];
    // A frame pointer further up must not tempt.
    for ebp in [STACK, 0xffff_ffff, STACK + 40] {
        for platform in [LINUX, ANDROID] {
            let process = waiting(platform, ebp);
            assert_eq!(addresses(&process.walk().0), expected, "{ebp:x}");
            let listed = waiting(platform, ebp).module(0xf7fd_2000, 0x1000, "linux-gate.so", None);
            assert_eq!(addresses(&listed.walk().0), expected, "{ebp:x}");
        }
    }
    let windows = waiting(WINDOWS, STACK + 40).walk().0;
    assert_ne!(addresses(&windows), expected, "Windows has no such stub");
}
