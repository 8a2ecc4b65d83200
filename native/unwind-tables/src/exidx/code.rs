//! The caller of a frame by the code of its function.

use unwind::{UnwindState, Unwound};
use vocabulary::{Arch, Registers, THUMB, arm};

use crate::reading::{Followed, Function, State, Value, follow};
use crate::stored_code::StoredCode;

/// Read the function of a frame. `start` is its first address by a table; symbols may know one that is nearer. `None`: its code does
/// not show the caller.
pub(super) fn read(
    stored: &StoredCode<'_>,
    start: Option<u32>,
    rva: u32,
    callee: &impl UnwindState,
) -> Option<Unwound> {
    let (below, above) = stored.function_around(rva.into());
    let below = below.filter(|below| start.is_none_or(|start| below & !1 >= start));
    let start = below.map(|below| below & !1).or(start)?;
    let is_thumb =
        if callee.is_exact() { callee.registers().get(arm::CPSR).map(|flags| flags & (1 << 5) != 0) } else { None };
    let by_symbol = below.map(|below| u64::from(below) & THUMB != 0);
    let is_thumb = is_thumb.or(by_symbol).unwrap_or_else(|| ends_in_thumb_call(stored, rva));
    let code = stored.code_at(start.into())?;
    let end = above.and_then(|above| usize::try_from((above & !1).checked_sub(start)?).ok());
    let code = end.and_then(|end| code.get(..end)).unwrap_or(code);
    let Followed { there, body, .. } = follow(&Function { start, code, is_thumb }, rva);
    let state = there.or_else(|| body.filter(|_| !callee.is_exact()))?;
    // Where a program or a thread begins, the link register is set to zero: nothing called it.
    if state.saved(arm::LR).is_none() && state.get(arm::LR) == Value::Constant(0) {
        return Some(Unwound::Root);
    }
    caller(&state, callee).map(Unwound::ByCode)
}

/// Whether the instruction that an address is in looks like a call in Thumb mode. Without symbols nothing else says so.
fn ends_in_thumb_call(stored: &StoredCode<'_>, rva: u32) -> bool {
    let word = stored.code_at(u64::from(rva & !3)).and_then(|code| Some(u32::from_le_bytes(*code.first_chunk()?)));
    let is_arm_call = |word: u32| word & 0x0f00_0000 == 0x0b00_0000 || word & 0x0fff_fff0 == 0x012f_ff30;
    !word.is_some_and(|word| word >> 28 == 14 && is_arm_call(word))
}

/// The caller's registers, from what is known at an instruction.
fn caller(state: &State, callee: &impl UnwindState) -> Option<Registers> {
    let registers = callee.registers();
    let (anchor, distance) = state.anchor()?;
    // What the stack pointer was when the function was called, and will be when it returns.
    let entry = registers.get(anchor)?.wrapping_add_signed(distance.into());
    let word = |at: i32| callee.word(entry.wrapping_add_signed(at.into()) & Arch::Arm.word_mask());
    let mut caller = Registers::new(Arch::Arm);
    for &preserved in callee.preserved() {
        let value = match (state.saved(preserved), state.get(preserved)) {
            (Some(at), _) => word(at),
            (None, Value::Entry(same)) if same == preserved => registers.get(preserved),
            _ => None,
        };
        if let Some(value) = value {
            caller.set(preserved, value);
        }
    }
    let return_address = match (state.saved(arm::LR), state.link()) {
        (Some(at), _) => word(at)?,
        // The call that a frame is in has overwritten it.
        (None, Some(link)) if callee.is_exact() || link != arm::LR => registers.get(link)?,
        _ => return None,
    };
    caller.set(arm::SP, entry);
    caller.set(arm::PC, return_address);
    Some(caller)
}
