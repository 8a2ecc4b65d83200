//! Frame records: two words on the stack, the caller's frame pointer and the return address.
//!
//! All four architectures can keep them, at the address that the frame pointer holds; the records form a chain
//! that leads upwards and ends with a zero.

use vocabulary::{Os, Reg, Registers, Trust};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::plausible::{self, LOWEST_CODE, Plausible};
use crate::process::Process;
use crate::{roots, windows};

/// A record read from the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Record {
    /// The caller's frame pointer; 0 at the end of the chain.
    pub(crate) saved: u64,
    /// The return address as stored.
    pub(crate) return_address: u64,
}

/// Read the record at `fp`, if that can be one: aligned, not below the stack pointer, and leading upwards.
pub(crate) fn read<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, fp: u64) -> Option<Record> {
    let word = callee.registers.arch.pointer_size();
    if fp < callee.registers.sp() || !fp.is_multiple_of(word) {
        return None;
    }
    let saved = callee.word(fp)?;
    let return_address = callee.word(fp.checked_add(word)?)?;
    let upwards = saved > fp && saved % word == 0;
    (saved == 0 || upwards).then_some(Record { saved, return_address })
}

/// The caller by the record at the frame pointer `fp`; its program counter is 0 where the chain ends.
pub(crate) fn caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, fp: Reg) -> Option<Registers> {
    let arch = A::ARCH;
    let mut caller = Registers::new(arch);
    let at = callee.registers.get(fp)?;
    // A zero frame pointer is the end of a chain, but only for one that came out of the chain: elsewhere the
    // register may serve as any other.
    if at == 0 {
        caller.set(arch.pc(), 0);
        return (callee.frame.trust == Trust::FramePointer).then_some(caller);
    }
    let record = read(callee, at)?;
    if record.return_address == 0 && record.saved != 0 {
        return None;
    }
    // dyld begins a program's stack with a zero below argc; everything on Apple's platforms keeps the chain that ends there.
    let apple = matches!(callee.map.os(), Os::MacOs | Os::Ios);
    let is_top = apple && record.saved == 0 && record.return_address < LOWEST_CODE;
    if is_top && let Some(start) = below_top(callee, at) {
        return Some(start);
    }
    caller.set(arch.pc(), if is_top { 0 } else { record.return_address });
    caller.set(fp, record.saved);
    caller.set(arch.sp(), at + 2 * arch.pointer_size());
    Some(caller)
}

/// The caller of a program's `main` that keeps no frame record: its frame pointer is the one that dyld left, which points
/// to the zero at the stack's top, and its return address lies below that.
fn below_top<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, top: u64) -> Option<Registers> {
    let slot = top.checked_sub(A::ARCH.pointer_size()).filter(|&slot| slot >= callee.registers.sp())?;
    let return_address = callee.word(slot)?;
    let is_own = A::strip(callee, return_address) == callee.frame.address;
    if is_own || plausible::return_address(callee, return_address) < Plausible::Possible {
        return None;
    }
    let mut caller = Registers::new(A::ARCH);
    caller.set(A::ARCH.pc(), return_address);
    caller.set(A::ARCH.sp(), top);
    caller.set(A::FRAME_POINTER, top);
    Some(caller)
}

/// Records that are followed to a root.
const MAX_RECORDS: usize = 256;

/// Whether the chain of records from a frame leads through functions to one that nothing calls.
pub(crate) fn leads_to_root<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> bool {
    let mut fp = callee.registers.get(A::FRAME_POINTER);
    for followed in 0..MAX_RECORDS {
        let Some((at, record)) = fp.and_then(|fp| Some((fp, read(callee, fp)?))) else { return false };
        if record.return_address == 0 {
            return followed > 0 && windows::is_end(callee, at);
        }
        if plausible::return_address(callee, record.return_address) < Plausible::Possible {
            return false;
        }
        if callee.is_named(A::call_address(A::strip(callee, record.return_address)), roots::is_root) {
            return true;
        }
        fp = Some(record.saved);
    }
    false
}
