//! What a scan restores: the frame pointer beside the return address.
//!
//! Functions save x29 and x30 as a pair, so a return address on the stack has the caller's frame pointer below it.
//! That pair, leading upwards to another such pair, is much stronger evidence than the address alone.

use vocabulary::{Registers, arm64};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::frame_record;
use crate::plausible::{self, Plausible};
use crate::process::Process;

/// Give the caller the frame pointer that was saved beside the return address.
pub(crate) fn restore<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, slot: u64, caller: &mut Registers) {
    let record = slot.checked_sub(8).and_then(|at| frame_record::read(callee, at));
    if let Some(record) = record.filter(|r| r.saved != 0) {
        caller.set(arm64::FP, record.saved);
    }
}

/// Whether a scanned caller's frame pointer leads to a further record.
pub(crate) fn is_in_chain<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, caller: &Registers) -> bool {
    let Some(fp) = caller.get(arm64::FP) else { return false };
    frame_record::read(callee, fp).is_some_and(|next| {
        next.return_address == 0 || plausible::return_address(callee, next.return_address) > Plausible::No
    })
}
