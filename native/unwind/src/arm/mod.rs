//! 32-bit ARM: armeabi-v7a, in ARM and Thumb mode.

mod call_site;
mod frame_pointer;
mod leaf;
mod scan;
mod signal_frame;

use vocabulary::{Arch, Os, Reg, Registers, THUMB};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;
use crate::verdict::Verdict;

/// 32-bit ARM.
pub(crate) enum Arm {}

impl Architecture for Arm {
    const ARCH: Arch = Arch::Arm;
    const FRAME_POINTER: Reg = vocabulary::arm::FP;
    const RESULT: Reg = 0;
    const SHORTEST_CALL: u64 = 2;
    const LEAF_MAY_PUSH: bool = true;
    const TABLES_OUTSIDE_SYMBOLS: bool = true;
    const GUESSED_FRAME_POINTERS: &'static [Reg] = &[vocabulary::arm::R7, vocabulary::arm::FP];

    fn preserved(_windows: bool) -> &'static [Reg] {
        &[4, 5, 6, 7, 8, 9, 10, 11]
    }
    fn is_code_address(stored: u64) -> bool {
        // Thumb addresses are odd, those of ARM mode are aligned to words.
        stored & THUMB == THUMB || stored.is_multiple_of(4)
    }
    fn follows_call(before: &[u8], stored: u64) -> Option<bool> {
        call_site::ends_in_call(before, stored & THUMB == THUMB)
    }
    fn leaf<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        leaf::caller(callee)
    }
    fn without_frame<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        leaf::without_frame(callee)
    }
    fn frame_pointer<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        frame_pointer::caller(callee)
    }
    fn after_scan<P: Process>(callee: &Callee<'_, '_, Self, P>, slot: u64, caller: &mut Registers) {
        scan::restore(callee, slot, caller);
    }
    fn weigh(verdict: Verdict) -> Verdict {
        match verdict {
            // The frame pointers that the callee may have saved were tried without success.
            Verdict::Refuted | Verdict::Silent => Verdict::Doubted,
            _ => verdict,
        }
    }
    fn is_unlikely<P: Process>(callee: &Callee<'_, '_, Self, P>, stored: u64) -> bool {
        // Android's code for armv7 is Thumb; what is in ARM mode there (system call stubs, copying of memory) calls
        // nothing. In libart.so alone, whose constants lie in its executable segment, every second thread of Firefox
        // on Android 5 had a handful of even words that are none.
        callee.map.os() == Os::Android && stored & THUMB == 0
    }
    fn interrupted<P: Process>(trampoline: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        signal_frame::interrupted(trampoline)
    }
}
