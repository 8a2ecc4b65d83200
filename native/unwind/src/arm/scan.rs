//! What a scan restores: the frame pointer beside the return address.

use minidump::{Registers, arm};

use crate::callee::Callee;

/// Where the callee's frame pointer leads above the slot, the callee did not change it.
pub(crate) fn restore(callee: &Callee<'_, '_>, slot: u64, caller: &mut Registers) {
    for fp in [arm::R7, arm::FP] {
        if let Some(value) = callee.registers.get(fp).filter(|&v| v > slot) {
            caller.set(fp, value);
        }
    }
}
