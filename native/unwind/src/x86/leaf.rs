//! A callee without a frame of its own: the return address is on top of the stack. Serves x86-64 too.

use minidump::Registers;

use crate::walk::Callee;

/// `push ebp` and `push rbp`.
const PUSH_FRAME_POINTER: &[u8] = &[0x55];

/// The caller if the callee is a bad address, or stands at its first instructions.
pub(crate) fn caller(callee: &Callee<'_, '_>) -> Option<Registers> {
    let word = callee.registers.arch.pointer_size();
    let pushed = if callee.is_in_code() { pushed_in_prologue(callee)? } else { 0 };
    by_slot(callee, callee.registers.sp().checked_add(pushed * word)?)
}

/// The caller whose return address lies at `slot`, with nothing else changed.
pub(crate) fn by_slot(callee: &Callee<'_, '_>, slot: u64) -> Option<Registers> {
    let arch = callee.registers.arch;
    let mut caller = *callee.registers;
    caller.set(arch.pc(), callee.word(slot)?);
    caller.set(arch.sp(), slot.checked_add(arch.pointer_size())?);
    Some(caller)
}

/// Words pushed so far by a function that stands at its entry (0) or behind its first push (1).
fn pushed_in_prologue(callee: &Callee<'_, '_>) -> Option<u64> {
    let start = callee.function_start(callee.frame.address)?;
    match callee.frame.address.checked_sub(start)? {
        0 => Some(0),
        1 if callee.map.dump.memory.read(start, 1) == Some(PUSH_FRAME_POINTER) => Some(1),
        _ => None,
    }
}
