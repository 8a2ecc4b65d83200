//! A callee without a frame of its own, or whose code shows what it pushed: the return address is on top of the stack, or
//! as far from it as was pushed. Serves x86-64 too.

use vocabulary::{Os, Registers, x86};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::plausible::{self, Plausible};
use crate::process::Process;
use crate::x86::prologue::{self, Pushed};

/// The caller if the callee is a bad address or a system call, or its code shows what it pushed.
pub(crate) fn caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    of_system_call(callee).or_else(|| by_code(callee, |_| false))
}

/// The caller if the callee is a bad address, its code shows what it pushed, or `is_leaf` holds for it.
pub(crate) fn by_code<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    is_leaf: fn(&Callee<'_, '_, A, P>) -> bool,
) -> Option<Registers> {
    if !callee.is_in_code() {
        return by_slot(callee, callee.registers.sp());
    }
    let pushed = pushed_at_entry(callee)
        .or_else(|| prologue::pushed(callee))
        .or_else(|| is_leaf(callee).then_some(Pushed { bytes: 0, frame_pointer: None }))?;
    let slot = callee.registers.sp().checked_add(pushed.bytes)?;
    let mut caller = by_slot(callee, slot)?;
    match pushed.frame_pointer.map(|below| callee.word(slot.checked_sub(below)?)) {
        Some(Some(value)) => caller.set(A::FRAME_POINTER, value),
        Some(None) => caller.forget(A::FRAME_POINTER),
        None => {}
    }
    Some(caller)
}

/// The caller of `__kernel_vsyscall`, through which 32-bit Linux enters the kernel: it pushes ecx, edx and ebp. It is in the
/// vDSO, which has no symbols and is in no list of modules with many writers; ebp is the caller's or a copy of esp.
fn of_system_call<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    if !matches!(callee.map.os(), Os::Linux | Os::Android) {
        return None;
    }
    let is_vdso = |name: &str| name.contains("linux-gate") || name.contains("vdso");
    let in_vdso = callee.frame.module.is_none_or(|module| is_vdso(callee.map.module_name(module)));
    if !in_vdso || callee.map.symbols_at(callee.frame.address).is_some() {
        return None;
    }
    let sp = callee.registers.sp();
    let is_return =
        |at: u64| callee.word(at).is_some_and(|w| plausible::return_address(callee, w) >= Plausible::Possible);
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
pub(crate) fn by_slot<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, slot: u64) -> Option<Registers> {
    let arch = callee.registers.arch;
    let mut caller = *callee.registers;
    caller.set(arch.pc(), callee.word(slot)?);
    caller.set(arch.sp(), slot.checked_add(arch.pointer_size())?);
    Some(caller)
}

/// What a function at its first instruction has pushed: nothing.
fn pushed_at_entry<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Pushed> {
    let start = callee.function_start(callee.frame.address)?;
    (callee.frame.address == start).then_some(Pushed { bytes: 0, frame_pointer: None })
}
