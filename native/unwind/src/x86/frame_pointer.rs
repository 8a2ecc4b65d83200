//! The chain of frame pointers: `[ebp]` is the caller's ebp, `[ebp+4]` the return address.

use minidump::{Registers, x86};

use crate::frame_record;
use crate::walk::Callee;

/// The caller, its program counter 0 where the chain ends.
pub(crate) fn caller(callee: &Callee<'_, '_>) -> Option<Registers> {
    frame_record::caller(callee, x86::EBP)
}
