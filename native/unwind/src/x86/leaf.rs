//! A callee without a frame of its own: the return address is on top of the stack. Serves x86-64 too.

use minidump::{Arch, Os, Registers, x86};

use crate::plausible::{self, Plausible};
use crate::walk::Callee;
use crate::x86::X86;

/// `push ebp` and `push rbp`.
const PUSH_FRAME_POINTER: &[u8] = &[0x55];

/// The caller if the callee is a bad address, or stands at its first instructions.
pub(crate) fn caller(callee: &Callee<'_, '_>) -> Option<Registers> {
    if let Some(caller) = of_system_call(callee) {
        return Some(caller);
    }
    let word = callee.registers.arch.pointer_size();
    let pushed = if callee.is_in_code() { pushed_in_prologue(callee)? } else { 0 };
    by_slot(callee, callee.registers.sp().checked_add(pushed * word)?)
}

/// The caller of `__kernel_vsyscall`, through which 32-bit Linux enters the kernel: it pushes ecx, edx and ebp. It is in the
/// vDSO, which has no symbols and is in no list of modules with many writers; ebp is the caller's or a copy of esp.
fn of_system_call(callee: &Callee<'_, '_>) -> Option<Registers> {
    let dump = callee.map.dump;
    if callee.registers.arch != Arch::X86 || !matches!(dump.os(), Os::Linux | Os::Android) {
        return None;
    }
    let module = callee.frame.module.and_then(|m| dump.modules.get(m));
    let in_vdso = module.is_none_or(|m| m.name.contains("linux-gate") || m.name.contains("vdso"));
    if !in_vdso || callee.map.symbols_at(callee.frame.address).is_some() {
        return None;
    }
    let sp = callee.registers.sp();
    let is_return =
        |at: u64| callee.word(at).is_some_and(|w| plausible::return_address::<X86>(callee, w) >= Plausible::Possible);
    let slot = sp.checked_add(12)?;
    if is_return(sp) || !is_return(slot) {
        return None;
    }
    let mut caller = by_slot(callee, slot)?;
    for (pushed, register) in [x86::EBP, x86::EDX, x86::ECX].into_iter().enumerate() {
        caller.set(register, callee.word(sp + 4 * pushed as u64)?);
    }
    Some(caller)
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
