//! The chain of frame pointers: r7 on Apple's platforms and in Thumb code, r11 in ARM code.
//!
//! Without a platform rule either register may hold anything, so a chain is accepted only if its next record
//! is consistent too.

use vocabulary::{Os, Reg, Registers, arm};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::frame_record;
use crate::plausible::{self, Plausible};
use crate::process::Process;

/// The caller, its program counter 0 where the chain ends.
pub(crate) fn caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    if matches!(callee.map.os(), Os::Ios | Os::MacOs) {
        return frame_record::caller(callee, arm::R7);
    }
    [arm::R7, arm::FP].into_iter().find_map(|fp| by_register(callee, fp))
}

fn by_register<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, fp: Reg) -> Option<Registers> {
    let caller = frame_record::caller(callee, fp)?;
    if caller.pc() == 0 {
        return Some(caller);
    }
    let next = callee.registers.get(fp).and_then(|at| frame_record::read(callee, at))?;
    let holds = next.saved == 0
        || frame_record::read(callee, next.saved).is_some_and(|r| {
            r.return_address == 0 || plausible::return_address(callee, r.return_address) > Plausible::No
        });
    let credible = plausible::return_address(callee, caller.pc()) > Plausible::No;
    (holds && credible && A::is_code_address(caller.pc())).then_some(caller)
}
