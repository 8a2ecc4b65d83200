//! The numbers of registers.

use gimli::Register;
use vocabulary::{Arch, Reg};

/// The number that the project has for a DWARF register. On the architectures that are supported general registers, stack
/// pointer and program counter have DWARF's own numbers; others are of no use for a walk.
pub(super) fn register(arch: Arch, number: Register) -> Option<Reg> {
    let number = Reg::try_from(number.0).ok()?;
    (usize::from(number) < arch.register_names().len()).then_some(number)
}
