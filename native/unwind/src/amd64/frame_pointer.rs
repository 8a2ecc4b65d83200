//! The chain of frame pointers: `[rbp]` is the caller's rbp, `[rbp+8]` the return address.

use vocabulary::{Os, Registers, amd64};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::frame_record;
use crate::process::Process;

/// The caller, its program counter 0 where the chain ends.
pub(crate) fn caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    // On Windows rbp may point anywhere into a frame: unwind codes state where, the register does not. Generated code has
    // none in the dump, and what compilers generate begins as it does elsewhere.
    if callee.map.os() == Os::Windows && callee.frame.module.is_some() {
        return None;
    }
    frame_record::caller(callee, amd64::RBP)
}
