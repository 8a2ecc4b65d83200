//! Running the program of an entry: the caller of a function's body.

use ehabi::UnwindInstruction;
use ehabi::read::{Reader, UnwindInstructionIter};
use unwind::{UnwindState, Unwound};
use vocabulary::{Arch, Registers, arm};

/// Run a program. `None`: memory or a register is unknown, or the program refuses to unwind.
pub(super) fn run<R: Reader>(instructions: UnwindInstructionIter<R>, callee: &impl UnwindState) -> Option<Unwound> {
    let registers = callee.registers();
    let mut caller = Registers::new(Arch::Arm);
    for &preserved in callee.preserved() {
        if let Some(value) = registers.get(preserved) {
            caller.set(preserved, value);
        }
    }
    let mut sp = u32::try_from(registers.get(arm::SP)?).ok()?;
    let mut link = registers.get(arm::LR);
    let mut pc = None;
    for instruction in instructions {
        let instruction = instruction.ok()?;
        match instruction {
            UnwindInstruction::IncrementVsp(bytes) => sp = sp.checked_add(bytes)?,
            UnwindInstruction::DecrementVsp(bytes) => sp = sp.checked_sub(bytes)?,
            UnwindInstruction::IncrementVspLarge(bytes) => sp = sp.checked_add(u32::try_from(bytes).ok()?)?,
            UnwindInstruction::SetVsp(register) => {
                let known = caller.get(register).or_else(|| registers.get(register))?;
                sp = u32::try_from(known).ok()?;
            }
            UnwindInstruction::PopCore { .. } | UnwindInstruction::PopCoreRange { .. } => {
                let mask = instruction.popped_core_registers()?;
                let mut popped = None;
                for register in (0..16).filter(|register| mask >> register & 1 == 1) {
                    let value = callee.word(sp.into());
                    sp = sp.checked_add(4)?;
                    match register {
                        arm::SP => popped = Some(u32::try_from(value?).ok()?),
                        arm::LR => link = value,
                        arm::PC => pc = value,
                        _ => match value {
                            Some(value) => caller.set(register, value),
                            None => caller.forget(register),
                        },
                    }
                }
                sp = popped.unwrap_or(sp);
            }
            UnwindInstruction::PopVfpFstmx { count, .. } | UnwindInstruction::PopVfpFstmxD8 { count } => {
                sp = sp.checked_add(u32::from(count) * 8 + 4)?;
            }
            UnwindInstruction::PopVfpVpush { count, .. }
            | UnwindInstruction::PopVfpVpushD8 { count }
            | UnwindInstruction::PopWmmxWr10 { count }
            | UnwindInstruction::PopWmmx { count, .. } => sp = sp.checked_add(u32::from(count) * 8)?,
            UnwindInstruction::PopWmmxControl { mask } => sp = sp.checked_add(mask.count_ones() * 4)?,
            UnwindInstruction::PopRaAuthCode => sp = sp.checked_add(4)?,
            UnwindInstruction::UseVspAsRaAuthModifier => {}
            UnwindInstruction::Finish => break,
            UnwindInstruction::RefuseToUnwind | UnwindInstruction::Spare { .. } => return None,
        }
    }
    caller.set(arm::SP, sp.into());
    caller.set(arm::PC, pc.or(link)?);
    Some(Unwound::Caller(caller))
}
