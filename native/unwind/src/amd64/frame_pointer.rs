//! The chain of frame pointers: `[rbp]` is the caller's rbp, `[rbp+8]` the return address.

use minidump::Os;
use minidump::{Registers, amd64};

use crate::amd64::Amd64;
use crate::callee::Callee;
use crate::frame_record;

/// The caller, its program counter 0 where the chain ends.
pub(crate) fn caller(callee: &Callee<'_, '_>) -> Option<Registers> {
    // On Windows rbp may point anywhere into a frame: unwind codes tell where, the register does not. Generated code has
    // none in the dump, and what compilers generate begins as it does elsewhere.
    if callee.map.dump.os() == Os::Windows && callee.frame.module.is_some() {
        return None;
    }
    frame_record::caller::<Amd64>(callee, amd64::RBP)
}
