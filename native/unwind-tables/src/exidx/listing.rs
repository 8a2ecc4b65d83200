//! All entries, as rules that can be written down.

use ehabi::LittleEndian;
use ehabi::UnwindInstruction;
use ehabi::read::{ExTab, Reader, UnwindEntry, UnwindInstructionIter};
use vocabulary::{Arch, Reg, arm};

use super::Table;
use crate::row::{Place, ReturnAddress, Row};

impl Table {
    /// The functions by address, whether they have rules or not: where each begins, and where the next one does. The end of the
    /// last is not known; it is taken to be that of all addresses.
    pub(crate) fn functions(&self, whole: &[u8]) -> impl Iterator<Item = (u64, u64)> {
        let (index, bases) = self.open(whole);
        let start = move |number: usize| {
            let address = index.entry(number).ok()?.function_address(&bases).ok()?;
            Some(u64::from(address & !1))
        };
        (0..index.len()).filter_map(move |number| Some((start(number)?, start(number + 1).unwrap_or(u64::MAX))))
    }

    /// The functions by address: where each begins, where the next one does, and the rules of its body; `None` if it has no rules, or
    /// they cannot be written. The end of the last is not known; it is taken to be its beginning.
    pub(crate) fn rows(&self, whole: &[u8]) -> impl Iterator<Item = (u64, u64, Option<Row>)> {
        let (index, bases) = self.open(whole);
        let table = ExTab::new(self.table.map_or(&[][..], |table| table.bytes(whole)), LittleEndian);
        (0..index.len()).filter_map(move |number| {
            let start = |number: usize| {
                let entry = index.entry(number).ok()?;
                Some((u64::from(entry.function_address(&bases).ok()? & !1), entry))
            };
            let (begin, entry) = start(number)?;
            let end = start(number + 1).map_or(begin, |(next, _)| next);
            let row = match entry.resolve(&table, &bases).ok()? {
                UnwindEntry::Compact(compact) => compact.instructions().ok().and_then(row),
                UnwindEntry::Generic(generic) => generic.gnu_instructions().ok().and_then(row),
                UnwindEntry::CantUnwind => None,
            };
            Some((begin, end, row))
        })
    }
}

/// What a program comes to. `None`: it refuses to unwind, takes the stack pointer from memory, or is damaged.
fn row<R: Reader>(instructions: UnwindInstructionIter<R>) -> Option<Row> {
    let mut sp = Place { base: arm::SP, offset: 0 };
    let mut row = Row::at_entry(Arch::Arm);
    let mut pc = None;
    let add = |sp: &mut Place, bytes: i64| -> Option<()> {
        sp.offset = sp.offset.checked_add(bytes)?;
        Some(())
    };
    for instruction in instructions {
        let instruction = instruction.ok()?;
        match instruction {
            UnwindInstruction::IncrementVsp(bytes) => add(&mut sp, bytes.into())?,
            UnwindInstruction::DecrementVsp(bytes) => add(&mut sp, -i64::from(bytes))?,
            UnwindInstruction::IncrementVspLarge(bytes) => add(&mut sp, i64::try_from(bytes).ok()?)?,
            UnwindInstruction::SetVsp(register) => {
                let register = Reg::from(register);
                if row.saved(register).is_some() {
                    return None;
                }
                sp = Place { base: register, offset: 0 };
            }
            UnwindInstruction::PopCore { .. } | UnwindInstruction::PopCoreRange { .. } => {
                let mask = instruction.popped_core_registers()?;
                for register in (0..16).filter(|register| mask >> register & 1 == 1) {
                    match register {
                        arm::SP => return None,
                        arm::PC => pc = Some(sp),
                        _ => row.save(register, sp),
                    }
                    add(&mut sp, 4)?;
                }
            }
            UnwindInstruction::PopVfpFstmx { count, .. } | UnwindInstruction::PopVfpFstmxD8 { count } => {
                add(&mut sp, i64::from(count) * 8 + 4)?;
            }
            UnwindInstruction::PopVfpVpush { count, .. }
            | UnwindInstruction::PopVfpVpushD8 { count }
            | UnwindInstruction::PopWmmxWr10 { count }
            | UnwindInstruction::PopWmmx { count, .. } => add(&mut sp, i64::from(count) * 8)?,
            UnwindInstruction::PopWmmxControl { mask } => add(&mut sp, i64::from(mask.count_ones()) * 4)?,
            UnwindInstruction::PopRaAuthCode => add(&mut sp, 4)?,
            UnwindInstruction::UseVspAsRaAuthModifier => {}
            UnwindInstruction::Finish => break,
            UnwindInstruction::RefuseToUnwind | UnwindInstruction::Spare { .. } => return None,
        }
    }
    row.cfa = sp;
    if let Some(place) = pc.or_else(|| row.saved(arm::LR)) {
        row.return_address = ReturnAddress::Stored(place);
    }
    Some(row)
}
