//! What a scan restores: the frame pointer beside the return address.

use vocabulary::{Registers, arm};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;

/// Where the callee's frame pointer leads above the slot, the callee did not change it.
pub(crate) fn restore<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, slot: u64, caller: &mut Registers) {
    for fp in [arm::R7, arm::FP] {
        if let Some(value) = callee.registers.get(fp).filter(|&v| v > slot) {
            caller.set(fp, value);
        }
    }
}
