//! The chain of frame pointers: `[x29]` is the caller's x29, `[x29+8]` the return address.
//!
//! Apple's platforms require it; Android's and most of Linux's code keeps it.

use vocabulary::{Registers, arm64};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::frame_record;
use crate::process::Process;

/// The caller, its program counter 0 where the chain ends.
pub(crate) fn caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    frame_record::caller(callee, arm64::FP)
}
