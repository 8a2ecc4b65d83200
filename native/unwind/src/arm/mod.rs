//! 32-bit ARM: armeabi-v7a, in ARM and Thumb mode.

mod call_site;
mod frame_pointer;
mod leaf;
mod scan;

use minidump::{Arch, Reg, Registers};

use crate::arch::Architecture;
use crate::walk::Callee;

/// 32-bit ARM.
pub(crate) enum Arm {}

/// Bit 0 of a code address: the processor is in Thumb mode there.
const THUMB: u64 = 1;

impl Architecture for Arm {
    const ARCH: Arch = Arch::Arm;
    const SHORTEST_CALL: u64 = 2;

    fn preserved(_windows: bool) -> &'static [Reg] {
        &[4, 5, 6, 7, 8, 9, 10, 11]
    }
    fn call_address(return_address: u64) -> u64 {
        (return_address & !THUMB).wrapping_sub(2)
    }
    fn strip(_: &Callee<'_, '_>, address: u64) -> u64 {
        address & !THUMB
    }
    fn is_code_address(stored: u64) -> bool {
        // Thumb addresses are odd, those of ARM mode on a word.
        stored & THUMB == THUMB || stored % 4 == 0
    }
    fn follows_call(before: &[u8], stored: u64) -> Option<bool> {
        call_site::ends_in_call(before, stored & THUMB == THUMB)
    }
    fn leaf(callee: &Callee<'_, '_>) -> Option<Registers> {
        leaf::caller(callee)
    }
    fn frame_pointer(callee: &Callee<'_, '_>) -> Option<Registers> {
        frame_pointer::caller(callee)
    }
    fn after_scan(callee: &Callee<'_, '_>, slot: u64, caller: &mut Registers) {
        scan::restore(callee, slot, caller);
    }
    fn is_certain(_: &Callee<'_, '_>, _: u64, _: &Registers) -> bool {
        true
    }
}
