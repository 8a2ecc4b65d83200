//! What is particular to stacks of Windows: they end at their very top, x86-64 code has exact rules everywhere, and an
//! exception leaves the registers of what it interrupted on the stack.

use minidump::{Arch, Context, Os, Registers};

use crate::arch::Architecture;
use crate::plausible::{self, Plausible};
use crate::rules::cfi;
use crate::walk::Callee;

/// Bytes above a thread's first frame: the kernel begins near the top, the C run-time's parameters and a random part lie
/// above.
const ABOVE_ROOT: u64 = 4096;
/// Frames that a candidate is followed along its rules.
const FOLLOWED: usize = 16;

/// Whether a return address of zero at this stack pointer is the end of the stack. Farther down it only shows that a
/// frame on the way was none, or that its rules do not describe it (a machine frame, a prologue).
pub(crate) fn is_end(callee: &Callee<'_, '_>, sp: u64) -> bool {
    let region = callee.map.dump.memory.region_at(callee.registers.sp());
    callee.map.dump.os() != Os::Windows || region.is_none_or(|region| region.end().saturating_sub(sp) <= ABOVE_ROOT)
}

/// Whether a candidate's rules, and those of the callers that they lead to, lead to something that is no caller. Then it
/// was probably left behind by an earlier call: the frames around it have been overwritten.
pub(crate) fn leads_astray<A: Architecture>(callee: &Callee<'_, '_>, candidate: &Registers) -> bool {
    if A::ARCH != Arch::Amd64 || callee.map.dump.os() != Os::Windows {
        return false;
    }
    let mut at = *candidate;
    for _ in 0..FOLLOWED {
        let call = A::call_address(at.pc());
        let Some((symbols, rva)) = callee.map.symbols_at(call) else { return false };
        let Some(rules) = symbols.cfi_at(rva) else { return false };
        let cfi::Outcome::Caller(next) = cfi::apply(&rules, &at, &callee.map.dump.memory, A::preserved(true)) else {
            return false;
        };
        if next.pc() == 0 && is_end(callee, next.sp()) {
            return false;
        }
        if next.sp() <= at.sp() || plausible::return_address::<A>(callee, next.pc()) == Plausible::No {
            return true;
        }
        at = next;
    }
    false
}

/// The code that an exception interrupted, if the callee is the function of ntdll in which the kernel lets a thread go on
/// after one. The kernel put the interrupted registers on the stack; no unwind rule can say so.
pub(crate) fn interrupted<A: Architecture>(callee: &Callee<'_, '_>) -> Option<Registers> {
    // Control and integer registers, in every processor's flags.
    const PARTS: u32 = 3;
    // KiUserExceptionDispatcher, KiUserExceptionDispatch in the symbols of later systems.
    let dispatches = |name: &str| name.trim_start_matches('_').starts_with("KiUserExceptionDispatch");
    if callee.map.dump.os() != Os::Windows || callee.is_first() || !callee.is_named(callee.frame.lookup, dispatches) {
        return None;
    }
    let sp = callee.registers.sp();
    let (at, size) = match A::ARCH {
        // Its two arguments point to the exception's record and to the registers.
        Arch::X86 => (callee.word(sp.checked_add(4)?)?, 716),
        Arch::Amd64 => (sp, 1232),
        Arch::Arm64 => (sp, 912),
        Arch::Arm => return None,
    };
    let memory = &callee.map.dump.memory;
    let context = Context::parse(memory.read(at, size)?, Some(A::ARCH))?;
    let stack = memory.region_at(sp)?;
    let interrupted = context.registers;
    let is_above = interrupted.arch == A::ARCH && interrupted.sp() > at.max(sp) && interrupted.sp() < stack.end();
    (context.context_flags & PARTS == PARTS && is_above).then_some(interrupted)
}
