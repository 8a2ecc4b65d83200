//! A callee without a frame of its own: the return address is on top of the stack.

use vocabulary::{Os, Registers};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::plausible::{self, Plausible};
use crate::process::Process;
use crate::x86;

/// The caller if the callee is a bad address, is at its first instructions, or is a leaf.
pub(crate) fn caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    // On Windows every function that moves the stack pointer has an entry in `.pdata`, and so rules in the symbol
    // file; one without is a leaf.
    if callee.is_in_code() && callee.map.os() == Os::Windows && callee.has_no_rules_among_others() {
        return x86::leaf::by_slot(callee, callee.registers.sp());
    }
    x86::leaf::by_code(callee, is_probable_leaf)
}

/// Whether a function whose code is not in the dump is probably a leaf: a return address into another function is on top of
/// the stack. A frame record does not contradict that: it is the caller's then. (On Apple's platforms leaves keep frame
/// records, too, and on Windows a leaf is known by having no rules.)
fn is_probable_leaf<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> bool {
    if !matches!(callee.map.os(), Os::Linux | Os::Android) {
        return false;
    }
    let is_unread = callee.map.region_at(callee.frame.address).is_none();
    let is_other = |word: u64| callee.is_own_function(word.wrapping_sub(1)) == Some(false);
    let is_return = |word: &u64| plausible::return_address(callee, *word) >= Plausible::Named && is_other(*word);
    is_unread && callee.word(callee.registers.sp()).filter(is_return).is_some()
}
