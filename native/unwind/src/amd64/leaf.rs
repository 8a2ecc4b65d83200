//! A callee without a frame of its own: the return address is on top of the stack.

use minidump::Os;
use minidump::Registers;

use crate::walk::Callee;
use crate::x86;

/// The caller if the callee is a bad address, stands at its first instructions, or is a leaf.
pub(crate) fn caller(callee: &Callee<'_, '_>) -> Option<Registers> {
    // On Windows every function that moves the stack pointer has an entry in `.pdata`, and so rules in the symbol
    // file; one without is a leaf.
    if callee.is_in_code() && callee.map.dump.os() == Os::Windows && callee.has_no_rules_among_others() {
        return x86::leaf::by_slot(callee, callee.registers.sp());
    }
    x86::leaf::caller(callee)
}
