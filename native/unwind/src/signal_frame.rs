//! Frames of signal handlers on Linux and Android: the kernel stores all registers of the interrupted code on the stack
//! and lets the handler return to a few instructions that restore them.
//!
//! That return address does not follow a call: it is the first byte of a small function in the C library or the vDSO,
//! or lies in a page that belongs to no module, and Breakpad text cannot express the rules for it (unwind tables can). What the kernel stored
//! is unmistakable: registers that are a program's, with code at the program counter and a stack at the stack pointer. The
//! walk goes on from there as from a thread's own registers.

use vocabulary::{Os, Reg, Registers, Trust};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::code_memory::Outside;
use crate::plausible::LOWEST_CODE;
use crate::process::Process;

/// Handlers that were themselves interrupted, at most.
pub(crate) const MAX_NESTED: usize = 16;

/// The size of a vDSO, at most.
const VDSO: u64 = 0x2000;

/// What the kernel stored for one architecture.
pub(crate) struct Layout {
    /// Register and its distance from the block's beginning.
    pub(crate) registers: &'static [(Reg, u64)],
    /// The processor's status word: its distance, the bits that describe how user code runs, and their values then.
    pub(crate) status: (u64, u64, u64),
}

/// The registers of the interrupted code, if the frame is where a signal handler returns to.
pub(crate) fn interrupted<A: Architecture, P: Process>(trampoline: &Callee<'_, '_, A, P>) -> Option<Registers> {
    if trampoline.is_first() || !matches!(trampoline.map.os(), Os::Linux | Os::Android) {
        return None;
    }
    let stored = A::interrupted(trampoline)?;
    // An address inside a function of the symbols follows a call.
    let address = trampoline.frame.address;
    let named = trampoline.is_named(address, names_trampoline);
    if !named && trampoline.function_start(address).is_some_and(|start| start != address) {
        return None;
    }
    let map = trampoline.map;
    let believable = match (map.region_at(trampoline.registers.sp()), map.region_at(stored.sp())) {
        // On the same stack the interrupted frame lies above the handler's.
        (Some(from), Some(to)) if from.base == to.base => stored.sp() > trampoline.registers.sp(),
        (_, Some(_)) => true,
        // A handler on a stack of its own, and the other one is not in the dump.
        (_, None) => named,
    };
    believable.then_some(stored)
}

/// Read the registers that were stored at `block`, if that is what lies there.
pub(crate) fn read<A: Architecture, P: Process>(
    trampoline: &Callee<'_, '_, A, P>,
    block: u64,
    layout: &Layout,
) -> Option<Registers> {
    let arch = trampoline.registers.arch;
    let word = |offset: u64| trampoline.word(block.checked_add(offset)?);
    let (offset, mask, expected) = layout.status;
    if word(offset)? & mask != expected {
        return None;
    }
    let mut stored = Registers::new(arch);
    for &(register, offset) in layout.registers {
        stored.set(register, word(offset)?);
    }
    let (map, pc) = (trampoline.map, stored.pc());
    // Not all dumps list the vDSO; where the handler returns into it, a system call may have been interrupted in it.
    let is_code = map.is_executable(pc).unwrap_or_else(|| map.module_at(pc).is_some())
        || (map.module_at(trampoline.frame.address).is_none() && pc.abs_diff(trampoline.frame.address) < VDSO);
    (is_code && stored.sp().is_multiple_of(arch.pointer_size())).then_some(stored)
}

/// Whether a caller that was computed is a signal handler's.
pub(crate) fn is_caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, caller: &Registers) -> bool {
    let address = A::strip(callee, caller.pc());
    let frame = crate::frame::Frame {
        address,
        lookup: address,
        sp: caller.sp(),
        trust: Trust::Cfi,
        module: callee.map.module_at(address),
    };
    interrupted(&Callee { registers: caller, frame: &frame, ..*callee }).is_some()
}

/// Whether a word is where a signal handler returns to. The vDSO is often in no module.
pub(crate) fn is_trampoline<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, caller: &Registers) -> bool {
    let address = A::strip(callee, caller.pc());
    let is_code = || match callee.map.module_at(address) {
        Some(_) => callee.map.is_executable(address) != Some(false),
        None => callee.map.outside(address) != Outside::NoCode,
    };
    address >= LOWEST_CODE && is_code() && is_caller(callee, caller)
}

/// Names of the functions that end a signal handler, by C library and vDSO.
fn names_trampoline(function: &str) -> bool {
    matches!(
        function,
        "__restore"
            | "__restore_rt"
            | "__default_sa_restorer"
            | "__default_rt_sa_restorer"
            | "__kernel_sigreturn"
            | "__kernel_rt_sigreturn"
            | "runtime.sigreturn"
            | "runtime.sigreturn__sigaction"
            | "runtime.sigreturn.abi0"
            | "runtime.sigreturn__sigaction.abi0"
    )
}
