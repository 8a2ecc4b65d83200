//! A callee without a frame of its own: the return address is in the link register.
//!
//! In a function that has called something the link register is stale: it holds the address behind the last
//! call, which is inside the function itself. A link register that points elsewhere is the caller's. (Breakpad
//! always takes it and shows false frames; rust-minidump never does and loses the callers of leaves.)

use vocabulary::{Registers, arm64};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::frame_record;
use crate::plausible::{self, Plausible};
use crate::process::Process;

/// Without symbols, a link register this near is taken for one of the function's own.
const SAME_FUNCTION: u64 = 4096;

/// The caller, if the link register has it and the frame record has not.
pub(crate) fn caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    let stored = callee.registers.get(arm64::LR)?;
    let link = A::strip(callee, stored);
    if callee.is_in_code() && !is_leaf(callee, stored, link) {
        return None;
    }
    without_frame(callee)
}

/// The caller of a callee without a frame.
pub(crate) fn without_frame<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    let mut caller = *callee.registers;
    caller.set(arm64::PC, A::strip(callee, caller.get(arm64::LR)?));
    caller.forget(arm64::LR);
    Some(caller)
}

fn is_leaf<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, stored: u64, link: u64) -> bool {
    if plausible::return_address(callee, stored) == Plausible::No {
        return false;
    }
    // The frame record holds the same: the frame pointer step finds it, and the right stack pointer with it.
    let record = callee.registers.get(arm64::FP).and_then(|fp| frame_record::read(callee, fp));
    if record.is_some_and(|r| A::strip(callee, r.return_address) == link) {
        return false;
    }
    let call = A::call_address(link);
    match callee.is_own_function(call) {
        Some(own) => !own,
        None => {
            callee.map.module_at(call) != callee.frame.module || callee.frame.address.abs_diff(link) > SAME_FUNCTION
        }
    }
}
