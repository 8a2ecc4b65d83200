//! 64-bit ARM.

mod call_site;
mod frame_pointer;
mod leaf;
mod scan;
mod signal_frame;

use vocabulary::{Arch, CodePointers, Reg, Registers, arm64};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;
use crate::verdict::Verdict;

/// 64-bit ARM, `arm64e` included.
pub(crate) enum Arm64 {}

impl Architecture for Arm64 {
    const ARCH: Arch = Arch::Arm64;
    const FRAME_POINTER: Reg = arm64::FP;
    const RESULT: Reg = 0;
    const SHORTEST_CALL: u64 = 4;
    const RULES_FOR_ALL_CODE: bool = true;

    fn preserved(_windows: bool) -> &'static [Reg] {
        &[19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]
    }
    fn strip<P: Process>(callee: &Callee<'_, '_, Self, P>, address: u64) -> u64 {
        // An address that is in a module as it stands is one. Kernels of Android with 39 bits of addresses put the pointer
        // authentication code from bit 39 on; no dump records which kernel it was.
        let pointers = CodePointers::with_address_bits(Self::ARCH, callee.address_bits);
        let (stripped, narrow) = (pointers.strip(address), pointers.narrowest().strip(address));
        if stripped == address && narrow == address {
            // Nearly all addresses: there is nothing to choose from.
            return address;
        }
        // Most words that a scan looks at are in no module.
        let in_module = |address: &u64| callee.map.may_be_code(*address) && callee.map.module_at(*address).is_some();
        [address, stripped, narrow].into_iter().find(in_module).unwrap_or(stripped)
    }
    fn is_code_address(stored: u64) -> bool {
        stored.is_multiple_of(4)
    }
    fn follows_call(before: &[u8], _: u64) -> Option<bool> {
        call_site::ends_in_call(before)
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
    fn keeps_frame_pointers<P: Process>(_: &Callee<'_, '_, Self, P>) -> bool {
        // Nearly all code does, on all systems.
        true
    }
    fn after_scan<P: Process>(callee: &Callee<'_, '_, Self, P>, slot: u64, caller: &mut Registers) {
        scan::restore(callee, slot, caller);
    }
    const HAS_CERTAINTY: bool = true;

    fn is_certain<P: Process>(callee: &Callee<'_, '_, Self, P>, caller: &Registers) -> bool {
        scan::is_in_chain(callee, caller)
    }
    fn weigh(verdict: Verdict) -> Verdict {
        match verdict {
            // A call does not push the return address, so the slot does not show the caller's stack pointer for certain: its
            // rules can confirm but not refute.
            Verdict::Refuted => Verdict::Silent,
            _ => verdict,
        }
    }
    fn dispatched_context<P: Process>(callee: &Callee<'_, '_, Self, P>) -> Option<u64> {
        Some(callee.registers.sp())
    }
    fn interrupted<P: Process>(trampoline: &Callee<'_, '_, Self, P>) -> Option<Registers> {
        signal_frame::interrupted(trampoline)
    }
}
