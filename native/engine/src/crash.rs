//! The crash itself: what the exception means on its system, and whether it was the stack that ran out.

use failure::reason::{Raw, Reason, decode};
use minidump::Dump;
use unwind::Stack;

/// What the dump's exception means; `None` if it has none.
pub(crate) fn reason(dump: &Dump<'_>) -> Option<Reason> {
    let exception = dump.exception.as_ref()?;
    Some(decode(&Raw {
        platform: dump.os(),
        cpu: dump.arch(),
        code: exception.code,
        flags: exception.flags,
        address: exception.address,
        parameters: &exception.parameters,
    }))
}

/// How far from the stack pointer one push, call or prologue reaches: compilers probe larger frames page by
/// page.
pub(crate) const REACH: u64 = 64 << 10;
/// The same in a runaway recursion, where large frames without probes are likely.
const RECURSION_REACH: u64 = 1 << 20;
/// Turns of a cycle that begins at the crash after which it counts as a runaway recursion.
const RUNAWAY: u64 = 64;
/// `SEGV_ACCERR`: memory is mapped, but this access is not permitted. A guard page gives it, a null pointer does not.
const SEGV_ACCERR: u32 = 2;

/// Whether the stack begins with so many turns of one cycle that it can only be a runaway recursion. A dump that holds a
/// part of the stack has fewer turns than were made. The first frames are where the recursion happened to be.
fn is_runaway(stack: &Stack) -> bool {
    stack.cycle.is_some_and(|cycle| cycle.first <= 3 && cycle.repeats >= RUNAWAY)
}

/// Whether the crash was the stack running out: systems other than Windows have no exception of their own
/// for that.
pub(crate) fn is_stack_overflow(dump: &Dump<'_>, reason: Option<&Reason>, stack: Option<&Stack>) -> bool {
    let (Some(reason), Some(stack), Some(exception)) = (reason, stack, dump.exception.as_ref()) else { return false };
    if !matches!(reason.signal, Some("SIGSEGV" | "SIGBUS")) {
        return false;
    }
    // The address may be lost on the way to the dump; a recursion that ends at a guarded page is evidence enough.
    let runaway = is_runaway(stack);
    if runaway && dump.os().is_linux() && exception.flags == SEGV_ACCERR {
        return true;
    }
    let (Some(address), Some(registers)) = (reason.address, stack.registers) else { return false };
    let sp = registers.sp();
    let reach = if stack.recursion.is_some() { RECURSION_REACH } else { REACH };
    // A push faults below the stack pointer, a prologue that has moved it already above.
    if sp == 0 || address == registers.pc() || address < sp.saturating_sub(reach) || address > sp.saturating_add(reach)
    {
        return false;
    }
    if runaway {
        return true;
    }
    match dump.region_info_at(address) {
        Some(region) => region.protection.guard || !region.protection.write,
        None if !dump.regions.is_empty() => true,
        // The dump does not describe its address space: memory that it holds was accessible.
        None => dump.memory.region_at(address).is_none() && stack.recursion.is_some(),
    }
}
