//! x86-64. What it shares with x86 (encodings of calls, scanning) is in that folder.

mod frame_pointer;
mod leaf;
mod signal_frame;

use vocabulary::{Arch, Reg, Registers, amd64};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;
use crate::x86::{self, call_site, scan};

/// x86-64, System V and Windows.
pub(crate) enum Amd64 {}

/// Addresses between the two halves of the address space are not canonical: no code is there.
const USER_END: u64 = 0x0000_8000_0000_0000;
const KERNEL_START: u64 = 0xffff_8000_0000_0000;

impl Architecture for Amd64 {
    const ARCH: Arch = Arch::Amd64;
    const FRAME_POINTER: Reg = amd64::RBP;
    const RESULT: Reg = amd64::RAX;
    const SHORTEST_CALL: u64 = 2;
    const CALL_PUSHES: bool = true;
    const STACK_ALIGNMENT: u64 = 16;
    const RULES_FOR_ALL_CODE: bool = true;
    const FRAME_RECORDS_ON_WINDOWS: bool = false;
    const GUESSED_FRAME_POINTERS: &'static [Reg] = &[amd64::RBP];

    fn preserved(windows: bool) -> &'static [Reg] {
        use amd64::{R12, RBP, RBX, RDI, RSI};
        const SYSTEM_V: &[Reg] = &[RBX, RBP, R12, R12 + 1, R12 + 2, R12 + 3];
        const WINDOWS: &[Reg] = &[RBX, RBP, R12, R12 + 1, R12 + 2, R12 + 3, RSI, RDI];
        if windows { WINDOWS } else { SYSTEM_V }
    }
    fn is_code_address(stored: u64) -> bool {
        !(USER_END..KERNEL_START).contains(&stored)
    }
    fn follows_call(before: &[u8], _: u64) -> Option<bool> {
        Some(call_site::ends_in_call(before))
    }
    fn leaf<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        leaf::caller(callee)
    }
    fn without_frame<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        x86::leaf::by_slot(callee, callee.registers.sp())
    }
    fn frame_pointer<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        frame_pointer::caller(callee)
    }
    fn after_scan<P: Process>(callee: &Callee<'_, '_, Self, P>, slot: u64, caller: &mut Registers) {
        scan::restore(callee, amd64::RBP, slot, caller);
    }
    fn begins_function<P: Process>(callee: &Callee<'_, '_, Self, P>, stored: u64) -> bool {
        scan::is_function_aligned(callee, stored)
    }
    fn dispatched_context<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<u64> {
        Some(callee.registers.sp())
    }
    fn interrupted<P: Process>(trampoline: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        signal_frame::interrupted(trampoline)
    }
}
