//! 32-bit x86.

pub(crate) mod call_site;
pub(crate) mod frame_pointer;
pub(crate) mod leaf;
mod prologue;
pub(crate) mod scan;
mod signal_frame;

use vocabulary::{Arch, Reg, Registers, x86};

use crate::arch::{Architecture, is_in_kept_chain};
use crate::callee::Callee;
use crate::process::Process;
use crate::windows;

/// 32-bit x86, System V and Windows alike.
pub(crate) enum X86 {}

impl Architecture for X86 {
    const ARCH: Arch = Arch::X86;
    const FRAME_POINTER: Reg = x86::EBP;
    const RESULT: Reg = x86::EAX;
    const SHORTEST_CALL: u64 = 2;
    const CALL_PUSHES: bool = true;
    const FRAME_RECORDS_ON_WINDOWS: bool = false;

    fn preserved(_windows: bool) -> &'static [Reg] {
        &[x86::EBP, x86::EBX, x86::ESI, x86::EDI]
    }
    fn is_code_address(_: u64) -> bool {
        true
    }
    fn follows_call(before: &[u8], _: u64) -> Option<bool> {
        Some(call_site::ends_in_call(before))
    }
    fn leaf<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        leaf::caller(callee)
    }
    fn without_frame<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        leaf::by_slot(callee, callee.registers.sp())
    }
    fn frame_pointer<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        frame_pointer::caller(callee)
    }
    fn keeps_frame_pointers<P: Process>(callee: &Callee<'_, '_, Self, P>) -> bool {
        is_in_kept_chain(callee) || windows::lacks_frame_records(callee)
    }
    fn after_scan<P: Process>(callee: &Callee<'_, '_, Self, P>, slot: u64, caller: &mut Registers) {
        scan::restore(callee, x86::EBP, slot, caller);
    }
    fn begins_function<P: Process>(callee: &Callee<'_, '_, Self, P>, stored: u64) -> bool {
        scan::is_function_aligned(callee, stored)
    }
    fn parameters<P: Process>(callee: &Callee<'_, '_, Self, P>) -> u32 {
        callee.parameters_by_symbols()
    }
    fn realigned<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        frame_pointer::realigned(callee)
    }
    fn dispatched_context<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<u64> {
        // The second of its two arguments points to it.
        callee.word(callee.registers.sp().checked_add(4)?)
    }
    fn interrupted<P: Process>(trampoline: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        signal_frame::interrupted(trampoline)
    }
}
