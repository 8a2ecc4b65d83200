//! A callee without a frame of its own, or whose code shows what it pushed: the return address is on top of the stack, or
//! as far from it as was pushed. Serves x86-64 too.

use minidump::{Arch, Os, Registers, amd64, x86};

use crate::amd64::Amd64;
use crate::plausible::{self, Plausible};
use crate::walk::Callee;
use crate::x86::X86;
use crate::x86::prologue::{self, Pushed};

/// The caller if the callee is a bad address, or its code shows what it pushed.
pub(crate) fn caller(callee: &Callee<'_, '_>) -> Option<Registers> {
    if let Some(caller) = of_system_call(callee) {
        return Some(caller);
    }
    if !callee.is_in_code() {
        return by_slot(callee, callee.registers.sp());
    }
    let pushed = pushed_at_entry(callee)
        .or_else(|| prologue::pushed(callee))
        .or_else(|| is_probable_leaf(callee).then_some(Pushed { bytes: 0, frame_pointer: None }))?;
    let slot = callee.registers.sp().checked_add(pushed.bytes)?;
    let mut caller = by_slot(callee, slot)?;
    let saved = pushed.frame_pointer.map(|below| callee.word(slot.checked_sub(below)?));
    let fp = if callee.registers.arch == Arch::X86 { x86::EBP } else { amd64::RBP };
    match saved {
        Some(Some(value)) => caller.set(fp, value),
        Some(None) => caller.forget(fp),
        None => {}
    }
    Some(caller)
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

/// What a function that stands at its entry has pushed: nothing.
fn pushed_at_entry(callee: &Callee<'_, '_>) -> Option<Pushed> {
    let start = callee.function_start(callee.frame.address)?;
    (callee.frame.address == start).then_some(Pushed { bytes: 0, frame_pointer: None })
}

/// Whether a function whose code is not in the dump is probably a leaf: a return address into another function is on top of
/// the stack. A frame record says nothing against it, it is the caller's then. (On Apple's platforms leaves keep frame
/// records, too, and on Windows a leaf is known by having no rules.)
fn is_probable_leaf(callee: &Callee<'_, '_>) -> bool {
    let arch = callee.registers.arch;
    if arch != Arch::Amd64 || !matches!(callee.map.dump.os(), Os::Linux | Os::Android) {
        return false;
    }
    let is_unread = callee.map.dump.memory.region_at(callee.frame.address).is_none();
    let is_other = |word: u64| callee.is_own_function(word.wrapping_sub(1)) == Some(false);
    let is_return =
        |word: &u64| plausible::return_address::<Amd64>(callee, *word) >= Plausible::Named && is_other(*word);
    is_unread && callee.word(callee.registers.sp()).filter(is_return).is_some()
}
