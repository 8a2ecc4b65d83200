//! Applying unwind rules to the registers of a frame.

use vocabulary::{Os, Reg, Registers};

use crate::arch::Architecture;
use crate::callee::{Callee, Rules};
use crate::plausible::{self, Plausible};
use crate::process::Process;
use crate::unwind_source::{UnwindRules, UnwindState, Unwound};

/// Apply rules to the callee.
pub(crate) fn to_callee<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, rules: &Rules<'_, P>) -> Unwound {
    rules.apply(&State { callee, registers: callee.registers, is_exact: callee.is_first() })
}

/// Apply rules to registers that a caller of the callee may have, right behind its call.
pub(crate) fn to_caller<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    registers: &Registers,
    rules: &Rules<'_, P>,
) -> Unwound {
    rules.apply(&State { callee, registers, is_exact: false })
}

/// A callee's registers, or a guess at those of a caller, as unwind rules see them.
struct State<'c, 'w, 'd, A, P: Process> {
    callee: &'c Callee<'w, 'd, A, P>,
    registers: &'c Registers,
    is_exact: bool,
}

impl<A: Architecture, P: Process> UnwindState for State<'_, '_, '_, A, P> {
    fn registers(&self) -> &Registers {
        self.registers
    }
    #[inline]
    fn word(&self, address: u64) -> Option<u64> {
        self.callee.word(address)
    }
    fn bytes(&self, address: u64, length: usize) -> Option<&[u8]> {
        self.callee.map.read(address, length)
    }
    fn is_exact(&self) -> bool {
        self.is_exact
    }
    fn preserved(&self) -> &'static [Reg] {
        A::preserved(self.callee.map.os() == Os::Windows)
    }
    fn callee_parameters(&self) -> u32 {
        self.callee.callee_params
    }
    fn may_be_return_address(&self, word: u64) -> bool {
        plausible::return_address(self.callee, word) > Plausible::No
    }
}
