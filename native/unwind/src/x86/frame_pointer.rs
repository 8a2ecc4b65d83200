//! The chain of frame pointers: `[ebp]` is the caller's ebp, `[ebp+4]` the return address.

use vocabulary::{Arch, Registers, x86};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::frame_record;
use crate::process::Process;

/// The caller, its program counter 0 where the chain ends.
pub(crate) fn caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    realigned(callee).or_else(|| frame_record::caller(callee, x86::EBP))
}

/// What GCC aligns the stack of `main` to, in bytes.
const ALIGNMENT: u64 = 16;

/// The caller of a function that aligned the stack for itself, as GCC's `main` does: it keeps the old stack pointer
/// below ebp, behind at most three other saved registers, and pushes a copy of the return address above it. That the
/// original lies where the old stack pointer points to is proof enough, whatever the caller had in ebp. (DWARF describes
/// such a frame by an expression, which Breakpad text cannot express: its rules leave such functions out.)
pub(crate) fn realigned<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    let ebp = callee.registers.get(x86::EBP).filter(|&ebp| ebp >= callee.registers.sp())?;
    let return_address = callee.word(ebp + 4).filter(|&ra| ra != 0)?;
    // In a recursion any pointer to the caller's frame finds the same return address: the copy is next to the original.
    let is_old_stack =
        |esp: &u64| (ebp + 12..=ebp + 8 + ALIGNMENT + 4).contains(esp) && callee.word(*esp - 4) == Some(return_address);
    let esp = (1..=4).filter_map(|i| callee.word(ebp.checked_sub(i * 4)?)).find(is_old_stack)?;
    let mut caller = Registers::new(Arch::X86);
    caller.set(x86::EIP, return_address);
    caller.set(x86::ESP, esp);
    caller.set(x86::EBP, callee.word(ebp)?);
    Some(caller)
}
