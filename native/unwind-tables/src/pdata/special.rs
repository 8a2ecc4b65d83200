//! Frames that the system makes and unwind codes name.

use unwind::{UnwindState, Unwound};
use vocabulary::{Arch, Registers, arm64};

use crate::row::{Place, Row};

/// What lies on the stack instead of a return address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Special {
    /// x86-64: what the processor pushes for an interrupt: rip, cs, rflags, rsp, ss. ARM64: sp and pc.
    MachineFrame(Place),
    /// ARM64: a `CONTEXT` record.
    Context(Place),
    /// ARM64: the return address is in lr, but it is no return address: the code that it points to was interrupted.
    NoCall(Place),
}

/// Offsets in the `CONTEXT` record of ARM64: x0 to x30, sp and pc follow each other.
const CONTEXT_X0: u64 = 8;

impl Special {
    /// The registers of the interrupted code. `row` has those that the function saved before.
    pub(crate) fn apply(self, row: &Row, callee: &impl UnwindState) -> Unwound {
        self.interrupted(row, callee).map_or(Unwound::Failed, Unwound::Interrupted)
    }

    fn interrupted(self, row: &Row, callee: &impl UnwindState) -> Option<Registers> {
        let registers = callee.registers();
        let arch = registers.arch;
        let at = |place: Place| registers.get(place.base)?.checked_add_signed(place.offset);
        let mut interrupted = Registers::new(arch);
        match self {
            Self::MachineFrame(place) => {
                let frame = at(place)?;
                let (pc, sp) = match arch {
                    Arch::Amd64 => (frame, frame.checked_add(24)?),
                    _ => (frame.checked_add(8)?, frame),
                };
                preserve(callee, &mut interrupted);
                row.restore(callee, &mut interrupted);
                interrupted.set(arch.pc(), callee.word(pc)?);
                interrupted.set(arch.sp(), callee.word(sp)?);
            }
            Self::Context(place) => {
                let record = at(place)?.checked_add(CONTEXT_X0)?;
                for (register, offset) in (arm64::X0..=arm64::PC).zip((0..).step_by(8)) {
                    interrupted.set(register, callee.word(record.checked_add(offset)?)?);
                }
            }
            Self::NoCall(place) => {
                preserve(callee, &mut interrupted);
                row.restore(callee, &mut interrupted);
                let pc = match row.saved(arm64::LR) {
                    Some(_) => interrupted.get(arm64::LR)?,
                    None => registers.get(arm64::LR)?,
                };
                interrupted.set(arch.pc(), pc);
                interrupted.set(arch.sp(), at(place)?);
            }
        }
        Some(interrupted)
    }
}

fn preserve(callee: &impl UnwindState, to: &mut Registers) {
    for &register in callee.preserved() {
        if let Some(value) = callee.registers().get(register) {
            to.set(register, value);
        }
    }
}
