//! A callee without a frame of its own: the return address is in the link register. (See `arm64/leaf.rs` for
//! when it is stale.)

use vocabulary::{Registers, arm};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::plausible::{self, Plausible};
use crate::process::Process;

/// Without symbols, a link register this near is taken for one of the function's own.
const SAME_FUNCTION: u64 = 1024;

/// The caller, if the link register has it.
pub(crate) fn caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    let stored = callee.registers.get(arm::LR)?;
    if callee.is_in_code() && !is_leaf(callee, stored) {
        return None;
    }
    without_frame(callee)
}

/// The caller of a callee without a frame.
pub(crate) fn without_frame<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    let mut caller = *callee.registers;
    caller.set(arm::PC, caller.get(arm::LR)?);
    caller.forget(arm::LR);
    Some(caller)
}

fn is_leaf<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, stored: u64) -> bool {
    if plausible::return_address(callee, stored) == Plausible::No {
        return false;
    }
    let call = A::call_address(stored);
    match callee.is_own_function(call) {
        Some(own) => !own,
        None => {
            callee.map.module_at(call) != callee.frame.module || callee.frame.address.abs_diff(stored) > SAME_FUNCTION
        }
    }
}
