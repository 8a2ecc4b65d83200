//! What a scan restores: the frame pointer, if it can be determined. Serves x86-64 too.

use vocabulary::{Os, Reg, Registers};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;

/// The largest frame that a saved frame pointer may span.
const MAX_FRAME: u64 = 128 * 1024;

/// Give the caller its frame pointer: the word below the return address if that is where the callee's pointed,
/// else the unchanged one if it points above (the callee then did not touch it).
pub(crate) fn restore<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    fp: Reg,
    slot: u64,
    caller: &mut Registers,
) {
    let Some(value) = callee.registers.get(fp) else { return };
    if value == slot.wrapping_sub(callee.registers.arch.pointer_size()) {
        if let Some(saved) = callee.word(value).filter(|&s| s > slot && s - slot <= MAX_FRAME) {
            caller.set(fp, saved);
        }
    } else if value > slot {
        caller.set(fp, value);
    }
}

/// What compilers align functions to.
const FUNCTION_ALIGNMENT: u64 = 16;

/// Whether a word that is in a module without symbols is where a function begins, to judge by its alignment: one return
/// address in 16 is aligned so, and nearly every pointer to a function. (On Windows many functions are not.)
pub(crate) fn is_function_aligned<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, stored: u64) -> bool {
    callee.map.os() != Os::Windows && stored.is_multiple_of(FUNCTION_ALIGNMENT)
}
