//! What is particular to stacks of Windows: they end at their very top, x86-64 code has exact rules everywhere, and an
//! exception leaves the registers of what it interrupted on the stack.

use vocabulary::{Os, Registers};

use crate::apply;
use crate::arch::Architecture;
use crate::callee::Callee;
use crate::plausible::{self, Plausible};
use crate::process::Process;
use crate::roots;
use crate::unwind_source::Unwound;

/// Bytes above a thread's first frame: the kernel begins near the top, at a random place. Of Firefox's 103 threads the
/// farthest began 2176 bytes below it.
const ABOVE_ROOT: u64 = 2560;
/// Frames that a candidate is followed along its rules.
const FOLLOWED: usize = 16;
/// Frames that rules must lead along for a candidate far away.
const FAR_FRAMES: usize = 3;

/// Whether code of Windows has no frame records here; they would be better evidence than the rules in this file.
pub(crate) fn lacks_frame_records<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> bool {
    !A::FRAME_RECORDS_ON_WINDOWS && callee.map.os() == Os::Windows
}

/// Whether a return address of zero at this stack pointer is the end of the stack. Farther down it only shows that a
/// frame on the way was wrong, or that its rules do not describe it (a machine frame, a prologue).
pub(crate) fn is_end<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, sp: u64) -> bool {
    let region = callee.map.region_at(callee.registers.sp());
    !lacks_frame_records(callee) || region.is_none_or(|region| region.end().saturating_sub(sp) <= ABOVE_ROOT)
}

/// Where a candidate's rules lead, and those of the callers that they lead to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To something that is not a caller. The candidate was probably left by an earlier call: the frames around it have
    /// been overwritten.
    Astray,
    /// Along so many frames, as far as there are rules.
    Along(usize),
    /// To the end of the stack.
    ToTheEnd,
}

fn way<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, candidate: &Registers) -> Way {
    let mut at = *candidate;
    for count in 0..FOLLOWED {
        let call = A::call_address(A::strip(callee, at.pc()));
        if callee.is_named(call, roots::is_root) {
            return Way::ToTheEnd;
        }
        let Some(rules) = callee.rules_at(call) else { return Way::Along(count) };
        let Unwound::Caller(next) = apply::to_caller(callee, &at, &rules) else { return Way::Along(count) };
        if next.pc() == 0 && is_end(callee, next.sp()) {
            return Way::ToTheEnd;
        }
        if next.sp() <= at.sp() || plausible::return_address(callee, next.pc()) == Plausible::No {
            return Way::Astray;
        }
        at = next;
    }
    Way::Along(FOLLOWED)
}

/// Whether a candidate's rules refute it.
pub(crate) fn leads_astray<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, candidate: &Registers) -> bool {
    A::RULES_FOR_ALL_CODE && lacks_frame_records(callee) && way(callee, candidate) == Way::Astray
}

/// Whether a candidate's rules lead so far that it can hardly be something left behind.
pub(crate) fn leads_far<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, candidate: &Registers) -> bool {
    if !A::RULES_FOR_ALL_CODE {
        return false;
    }
    let way = way(callee, candidate);
    way == Way::ToTheEnd || matches!(way, Way::Along(FAR_FRAMES..))
}

/// The code that an exception interrupted, if the callee is the function of ntdll in which the kernel lets a thread go on
/// after one. The kernel put the interrupted registers on the stack; no unwind rule can express that.
pub(crate) fn interrupted<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    // KiUserExceptionDispatcher, KiUserExceptionDispatch in the symbols of later systems.
    let dispatches = |name: &str| name.trim_start_matches('_').starts_with("KiUserExceptionDispatch");
    if callee.map.os() != Os::Windows || callee.is_first() || !callee.is_named(callee.frame.lookup, dispatches) {
        return None;
    }
    let sp = callee.registers.sp();
    let at = A::dispatched_context(callee)?;
    let interrupted = callee.map.process.context_record(at, A::ARCH)?;
    let stack = callee.map.region_at(sp)?;
    let is_above = interrupted.arch == A::ARCH && interrupted.sp() > at.max(sp) && interrupted.sp() < stack.end();
    is_above.then_some(interrupted)
}
