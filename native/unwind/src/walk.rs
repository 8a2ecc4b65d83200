//! The walk itself, the same for every architecture.

use std::marker::PhantomData;

use vocabulary::{Arch, CodeAddress, Os, Registers, Trust};

use crate::amd64::Amd64;
use crate::arch::Architecture;
use crate::arm::Arm;
use crate::arm64::Arm64;
use crate::callee::Callee;
use crate::code_memory::Outside;
use crate::frame::{End, Frame, Stack};
use crate::modules::ModuleMap;
use crate::plausible::{self, LOWEST_CODE, Plausible};
use crate::process::Process;
use crate::unwind_source::Unwound;
use crate::x86::X86;
use crate::{apply, confirm, frame_record, generated, recursion, roots, scan, signal_frame, windows};

/// Bounds of a walk.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Frames to walk at most. A runaway recursion in 8 MiB of stack has some hundred thousand.
    pub frames: usize,
}

/// Frames in a row that were only scanned for, after which a walk ends: no real stack has this many without a rule or a
/// frame record among them.
const MAX_GUESSES: u32 = 4096;

impl Default for Limits {
    fn default() -> Self {
        Self { frames: 1 << 20 }
    }
}

enum Step {
    Caller(Registers, Trust),
    /// Rules that describe a signal handler's return.
    Interrupted(Registers),
    End(End),
}

/// Walk a stack from its first frame's registers.
#[must_use]
pub fn walk<P: Process>(map: &ModuleMap<'_, P>, start: &Registers, limits: &Limits) -> Stack {
    match start.arch {
        Arch::X86 => walk_as::<X86, P>(map, start, limits),
        Arch::Amd64 => walk_as::<Amd64, P>(map, start, limits),
        Arch::Arm => walk_as::<Arm, P>(map, start, limits),
        Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32 => walk_as::<Arm64, P>(map, start, limits),
    }
}

fn walk_as<A: Architecture, P: Process>(map: &ModuleMap<'_, P>, start: &Registers, limits: &Limits) -> Stack {
    let address_bits = map.address_bits();
    let mut registers = *start;
    let mut frames: Vec<Frame> = Vec::with_capacity(16);
    let mut trust = Trust::Context;
    let mut callee_params = 0;
    let mut guesses = 0;
    let mut signals = 0;
    let mut is_entry = false;
    let end = loop {
        let stored = registers.pc();
        let unknown = Frame { address: stored, lookup: stored, sp: registers.sp(), trust, module: None };
        let arch = PhantomData::<A>;
        let strip =
            Callee { map, registers: &registers, frame: &unknown, callee_params: 0, address_bits, guesses: 0, arch };
        let address = A::strip(&strip, stored);
        let behind = Frame { address, lookup: address, ..unknown };
        let interrupted = signal_frame::interrupted(&Callee { frame: &behind, ..strip })
            .filter(|_| signals < signal_frame::MAX_NESTED);
        let is_call = trust != Trust::Context && interrupted.is_none();
        let code = if is_call { CodeAddress::ReturnAddress(address) } else { CodeAddress::ProgramCounter(address) };
        let lookup = code.lookup(Some(A::ARCH));
        let frame = Frame { address, lookup, module: map.module_at(lookup), ..unknown };
        registers.set(A::ARCH.pc(), address);
        frames.push(frame);
        if frames.len() >= limits.frames || map.is_exhausted() {
            break End::FrameLimit;
        }
        if let Some(stored) = interrupted {
            signals += 1;
            (registers, trust, callee_params, guesses) = (stored, Trust::Context, 0, 0);
            continue;
        }
        let callee = Callee { map, registers: &registers, frame: &frame, callee_params, address_bits, guesses, arch };
        let name = callee.name();
        let is_named = |test: fn(&str) -> bool| name.as_deref().is_some_and(test);
        if is_named(roots::is_root) && !is_parent_in_clone(&callee) {
            break End::Root;
        }
        // Whatever it is called: it would need rules to have a caller.
        if std::mem::take(&mut is_entry) && callee.all_rules_at(lookup).next().is_none() {
            break End::Root;
        }
        if guesses >= MAX_GUESSES {
            break End::FrameLimit;
        }
        let in_clone = callee.is_first() && is_named(roots::is_clone);
        match step(&callee) {
            // What else is on the stack may be the child's.
            Step::Caller(_, Trust::FramePointer | Trust::Scan | Trust::CfiScan) if in_clone => break End::Root,
            Step::Caller(caller, how) => {
                callee_params = if how == Trust::Context { 0 } else { A::parameters(&callee) };
                guesses = if how == Trust::Scan { guesses + 1 } else { 0 };
                is_entry = how == Trust::Cfi && is_named(roots::is_called_by_entry);
                registers = caller;
                trust = how;
            }
            Step::Interrupted(interrupted) if signals < signal_frame::MAX_NESTED => {
                signals += 1;
                (registers, trust, callee_params, guesses) = (interrupted, Trust::Context, 0, 0);
            }
            Step::Interrupted(_) => break End::NotFound,
            Step::End(end) => break end,
        }
    };
    let (cycle, recursion) = recursion::fold(&mut frames);
    Stack { frames, registers: Some(*start), end, cycle, recursion }
}

/// Whether a thread is in `clone` as the one that called it: the child gets zero as the result.
fn is_parent_in_clone<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> bool {
    callee.is_first()
        && matches!(callee.map.os(), Os::Linux | Os::Android)
        && callee.is_named(callee.frame.lookup, roots::is_clone)
        && callee.registers.get(A::RESULT).is_some_and(|result| result != 0)
}

/// Finds the caller, by the most trusted means first.
fn step<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Step {
    let accept_leaf = |caller: &Registers| accept(callee, caller, true, Trust::Leaf);
    if let Some(interrupted) = windows::interrupted(callee) {
        return Step::Caller(interrupted, Trust::Context);
    }
    // A jump to a bad address pushed no frame: all registers are the caller's, except the return address.
    if callee.is_first()
        && !callee.is_in_code()
        && let Some(caller) = A::leaf(callee).filter(accept_leaf)
    {
        return Step::Caller(caller, Trust::Leaf);
    }
    if let Some(found) = by_rules(callee) {
        return found;
    }
    if callee.is_first()
        && let Some(caller) = A::leaf(callee).filter(accept_leaf)
    {
        return Step::Caller(caller, Trust::Leaf);
    }
    if let Some(caller) = A::frame_pointer(callee) {
        if caller.pc() == 0 {
            if A::keeps_frame_pointers(callee) {
                // Code without frame records, as ART's compiled methods on Android, leaves a hole in the chain that looks
                // like its end.
                let behind = scan::certain_caller(callee);
                return behind.map_or(Step::End(End::Zero), |caller| Step::Caller(caller, Trust::Scan));
            }
        } else if accept(callee, &caller, false, Trust::FramePointer) {
            return Step::Caller(caller, Trust::FramePointer);
        }
    }
    by_scan(callee)
}

/// Whether a computed caller is plausible.
fn accept<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    caller: &Registers,
    may_stay: bool,
    how: Trust,
) -> bool {
    let (from, to) = (callee.registers.sp(), caller.sp());
    let moves = to > from || (may_stay && to == from && caller.pc() != callee.registers.pc());
    // The registers of a frame that was scanned for are guesses: none of them is a way to another stack.
    let stays = callee.guesses == 0 || callee.map.region_at(from).is_none_or(|stack| to <= stack.end());
    let is_code = || {
        let call = A::call_address(A::strip(callee, caller.pc()));
        // A register that is no frame pointer may well point to a pointer into memory that could be code.
        let is_doubtful = || callee.map.module_at(call).is_none() && callee.map.outside(call) == Outside::Doubtful;
        match plausible::return_address(callee, caller.pc()) {
            Plausible::No => false,
            Plausible::Unnamed => how != Trust::FramePointer || !is_doubtful(),
            _ => true,
        }
    };
    moves && stays && (is_code() || signal_frame::is_caller(callee, caller) || generated::leads_back(callee, caller))
}

/// The caller by unwind rules. `None`: no rules here, or they yield nothing plausible.
fn by_rules<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Step> {
    callee.all_rules_at(callee.frame.lookup).find_map(|rules| {
        let unwound = apply::to_callee(callee, &rules);
        // What a callee without rules pushed is unknown where the link register led past it.
        let uncertain = A::LEAF_MAY_PUSH && callee.frame.trust == Trust::Leaf;
        if uncertain
            && matches!(unwound, Unwound::Caller(_) | Unwound::Failed)
            && let Some(caller) =
                confirm::behind_pushes(callee, &rules).filter(|c| accept(callee, c, false, Trust::Cfi))
        {
            let as_it_was = unwound == Unwound::Caller(caller);
            return Some(Step::Caller(caller, if as_it_was { Trust::Cfi } else { Trust::CfiScan }));
        }
        match unwound {
            Unwound::Caller(caller) => by_exact_rules(callee, caller, uncertain),
            Unwound::Counted { caller, search_from } => by_counting_rules(callee, caller, search_from),
            Unwound::ByCode(caller) => accept(callee, &caller, callee.is_first(), Trust::Prologue)
                .then_some(Step::Caller(caller, Trust::Prologue)),
            Unwound::Interrupted(registers) => Some(Step::Interrupted(registers)),
            Unwound::Leaf => {
                let caller = A::without_frame(callee).filter(|caller| accept(callee, caller, true, Trust::Leaf));
                caller.map(|caller| Step::Caller(caller, Trust::Leaf))
            }
            Unwound::Root => Some(Step::End(End::Root)),
            Unwound::Failed => None,
        }
    })
}

/// The caller that rules computed, if it is plausible.
fn by_exact_rules<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    caller: Registers,
    uncertain: bool,
) -> Option<Step> {
    if let Some(better) = realigned_part(callee, &caller) {
        return Some(Step::Caller(better, Trust::FramePointer));
    }
    let address = A::strip(callee, caller.pc());
    // The word where a return address would be is a small number: argc, at the top of a program's stack,
    // or zero, which runtimes put there to mark the end.
    // In the first frame only a zero counts, and not on Windows: rules made from .pdata do not describe the middle of a
    // prologue.
    let is_end = match callee.is_first() {
        true => address == 0 && callee.map.os() != Os::Windows,
        false => address < LOWEST_CODE && !uncertain,
    };
    if is_end && caller.sp() > callee.registers.sp() {
        return Some(at_zero(callee, caller.sp()));
    }
    // A leaf on ARM gives back the stack pointer as it was.
    accept(callee, &caller, callee.is_first(), Trust::Cfi).then_some(Step::Caller(caller, Trust::Cfi))
}

/// The caller that rules computed which count bytes, or what is found near by.
fn by_counting_rules<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    caller: Registers,
    search_from: u64,
) -> Option<Step> {
    if accept(callee, &caller, false, Trust::Cfi) {
        return Some(Step::Caller(caller, Trust::Cfi));
    }
    // What the rules compute is not a caller. A chain of frame pointers that leads to the root is preferred to a search.
    if let Some(caller) = A::frame_pointer(callee).filter(|_| frame_record::leads_to_root(callee)) {
        return Some(Step::Caller(caller, Trust::FramePointer));
    }
    if caller.pc() == 0 && caller.sp() > callee.registers.sp() {
        return Some(at_zero(callee, caller.sp()));
    }
    scan::caller(callee, search_from).map(|caller| Step::Caller(caller, Trust::CfiScan))
}

/// A return address of zero: the end, or the result of a wrong step.
fn at_zero<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, sp: u64) -> Step {
    let behind = if windows::is_end(callee, sp) { None } else { scan::caller(callee, callee.registers.sp()) };
    behind.map_or(Step::End(End::Zero), |caller| Step::Caller(caller, Trust::Scan))
}

/// A part of a function that was split off ("cold"), or that follows an early return, has no rules of its own for an
/// aligned stack: those that it has state that nothing was pushed, which is impossible for code that has called
/// something. The frame itself is better evidence.
fn realigned_part<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, caller: &Registers) -> Option<Registers> {
    let nothing_pushed = caller.sp() == callee.registers.sp() + A::ARCH.pointer_size();
    if callee.is_first() || !nothing_pushed {
        return None;
    }
    A::realigned(callee).filter(|c| accept(callee, c, false, Trust::FramePointer))
}

/// The caller by a scan, or why there can be none.
fn by_scan<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Step {
    if callee.map.region_at(callee.registers.sp()).is_none() {
        return Step::End(if callee.is_first() { End::NoStackMemory } else { End::StackMemoryEnd });
    }
    let found = scan::caller(callee, callee.registers.sp());
    found.map_or(Step::End(End::NotFound), |caller| Step::Caller(caller, Trust::Scan))
}
