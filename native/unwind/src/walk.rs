//! The walk itself, the same for every architecture.

use minidump::Os;
use minidump::{Arch, Registers};

use crate::amd64::Amd64;
use crate::arch::Architecture;
use crate::arm::Arm;
use crate::arm64::Arm64;
use crate::callee::Callee;
use crate::code_memory::Outside;
use crate::frame::{End, Frame, Stack, Trust};
use crate::modules::ModuleMap;
use crate::plausible::{self, LOWEST_CODE, Plausible};
use crate::rules::{cfi, stack_win};
use crate::x86::X86;
use crate::{frame_record, generated, recursion, roots, scan, signal_frame, windows};

/// Bounds of a walk.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Frames to walk at most. A runaway recursion in 8 MiB of stack has some hundred thousand.
    pub frames: usize,
}

/// Frames in a row that were only scanned for, after which a walk ends: no real stack has so many without a rule or a
/// frame record among them.
const MAX_GUESSES: u32 = 4096;

impl Default for Limits {
    fn default() -> Self {
        Self { frames: 1 << 20 }
    }
}

enum Step {
    Caller(Registers, Trust),
    End(End),
}

/// Walk a stack from its first frame's registers.
#[must_use]
pub fn walk(map: &ModuleMap<'_>, start: &Registers, limits: &Limits) -> Stack {
    match start.arch {
        Arch::X86 => walk_as::<X86>(map, start, limits),
        Arch::Amd64 => walk_as::<Amd64>(map, start, limits),
        Arch::Arm => walk_as::<Arm>(map, start, limits),
        Arch::Arm64 => walk_as::<Arm64>(map, start, limits),
    }
}

fn walk_as<A: Architecture>(map: &ModuleMap<'_>, start: &Registers, limits: &Limits) -> Stack {
    let address_bits = map.address_bits();
    let mut registers = *start;
    let mut frames: Vec<Frame> = Vec::with_capacity(16);
    let mut trust = Trust::Context;
    let mut callee_params = 0;
    let mut guesses = 0;
    let mut signals = 0;
    let end = loop {
        let stored = registers.pc();
        let unknown = Frame { address: stored, lookup: stored, sp: registers.sp(), trust, module: None };
        let strip = Callee { map, registers: &registers, frame: &unknown, callee_params: 0, address_bits, guesses: 0 };
        let address = A::strip(&strip, stored);
        let behind = Frame { address, lookup: address, ..unknown };
        let interrupted = signal_frame::interrupted::<A>(&Callee { frame: &behind, ..strip })
            .filter(|_| signals < signal_frame::MAX_NESTED);
        let is_call = trust != Trust::Context && interrupted.is_none();
        let lookup = if is_call { A::call_address(address) } else { address };
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
        let callee = Callee { map, registers: &registers, frame: &frame, callee_params, address_bits, guesses };
        if callee.is_named(callee.frame.lookup, roots::is_root) && !is_parent_in_clone::<A>(&callee) {
            break End::Root;
        }
        if guesses >= MAX_GUESSES {
            break End::FrameLimit;
        }
        let in_clone = callee.is_first() && callee.is_named(callee.frame.lookup, roots::is_clone);
        match step::<A>(&callee) {
            // What else is on the stack may be the child's.
            Step::Caller(_, Trust::FramePointer | Trust::Scan | Trust::CfiScan) if in_clone => break End::Root,
            Step::Caller(caller, how) => {
                callee_params = if how == Trust::Context { 0 } else { A::parameters(&callee) };
                guesses = if how == Trust::Scan { guesses + 1 } else { 0 };
                registers = caller;
                trust = how;
            }
            Step::End(end) => break end,
        }
    };
    let recursion = recursion::fold(&mut frames);
    Stack { frames, registers: Some(*start), end, recursion }
}

/// Whether a thread is in `clone` as the one that called it: the child gets zero as the result.
fn is_parent_in_clone<A: Architecture>(callee: &Callee<'_, '_>) -> bool {
    callee.is_first()
        && matches!(callee.map.dump.os(), Os::Linux | Os::Android)
        && callee.is_named(callee.frame.lookup, roots::is_clone)
        && callee.registers.get(A::RESULT).is_some_and(|result| result != 0)
}

/// Find the caller, by the best means first.
fn step<A: Architecture>(callee: &Callee<'_, '_>) -> Step {
    let accept_leaf = |caller: &Registers| accept::<A>(callee, caller, true, Trust::Leaf);
    if let Some(interrupted) = windows::interrupted::<A>(callee) {
        return Step::Caller(interrupted, Trust::Context);
    }
    // A jump to a bad address pushed no frame: all registers are the caller's, but for the return address.
    if callee.is_first()
        && !callee.is_in_code()
        && let Some(caller) = A::leaf(callee).filter(accept_leaf)
    {
        return Step::Caller(caller, Trust::Leaf);
    }
    if let Some(found) = by_rules::<A>(callee) {
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
                // Code that keeps none, as ART's compiled methods on Android, leaves a hole in the chain that looks like
                // its end.
                let behind = scan::certain_caller::<A>(callee);
                return behind.map_or(Step::End(End::Zero), |caller| Step::Caller(caller, Trust::Scan));
            }
        } else if accept::<A>(callee, &caller, false, Trust::FramePointer) {
            return Step::Caller(caller, Trust::FramePointer);
        }
    }
    by_scan::<A>(callee)
}

/// Whether a computed caller is believable.
fn accept<A: Architecture>(callee: &Callee<'_, '_>, caller: &Registers, may_stay: bool, how: Trust) -> bool {
    let (from, to) = (callee.registers.sp(), caller.sp());
    let moves = to > from || (may_stay && to == from && caller.pc() != callee.registers.pc());
    // The registers of a frame that was scanned for are guesses: none of them is a way to another stack.
    let stays = callee.guesses == 0 || callee.map.dump.memory.region_at(from).is_none_or(|stack| to <= stack.end());
    let is_code = || {
        let call = A::call_address(A::strip(callee, caller.pc()));
        // A register that is no frame pointer may well point to a pointer into memory that could be code.
        let is_doubtful = || callee.map.module_at(call).is_none() && callee.map.outside(call) == Outside::Doubtful;
        match plausible::return_address::<A>(callee, caller.pc()) {
            Plausible::No => false,
            Plausible::Unnamed => how != Trust::FramePointer || !is_doubtful(),
            _ => true,
        }
    };
    moves
        && stays
        && (is_code() || signal_frame::is_caller::<A>(callee, caller) || generated::leads_back::<A>(callee, caller))
}

/// The caller by the rules of the symbols. `None`: no rules here, or nothing believable came of them.
fn by_rules<A: Architecture>(callee: &Callee<'_, '_>) -> Option<Step> {
    let (symbols, rva) = callee.map.symbols_at(callee.frame.lookup)?;
    let memory = &callee.map.dump.memory;
    if A::ARCH == Arch::X86
        && let Some(win) = symbols.win_at(rva)
    {
        return by_stack_win::<A>(callee, &win);
    }
    let rules = callee.rules_at(callee.frame.lookup)?;
    let preserved = A::preserved(callee.map.dump.os() == Os::Windows);
    let outcome = cfi::apply(&rules, callee.registers, memory, preserved);
    // What a callee without rules pushed is unknown where the link register led past it.
    let uncertain = A::LEAF_MAY_PUSH && callee.frame.trust == Trust::Leaf;
    if uncertain
        && outcome != cfi::Outcome::Root
        && let Some(caller) =
            scan::behind_pushes::<A>(callee, &rules).filter(|c| accept::<A>(callee, c, false, Trust::Cfi))
    {
        let as_it_was = outcome == cfi::Outcome::Caller(caller);
        return Some(Step::Caller(caller, if as_it_was { Trust::Cfi } else { Trust::CfiScan }));
    }
    match outcome {
        cfi::Outcome::Root => Some(Step::End(End::Root)),
        cfi::Outcome::Failed => None,
        cfi::Outcome::Caller(caller) => {
            if let Some(better) = realigned_part::<A>(callee, &caller) {
                return Some(Step::Caller(better, Trust::FramePointer));
            }
            let address = A::strip(callee, caller.pc());
            // The word where a return address would be is a small number: argc, at the top of a program's stack,
            // or zero, which runtimes put there to mark the end.
            // In the first frame that is believed of a zero alone, and not on Windows: rules made from .pdata do not know
            // the middle of a prologue.
            let is_end = match callee.is_first() {
                true => address == 0 && callee.map.dump.os() != Os::Windows,
                false => address < LOWEST_CODE && !uncertain,
            };
            if is_end && caller.sp() > callee.registers.sp() {
                return Some(at_zero::<A>(callee, caller.sp()));
            }
            // A leaf on ARM gives back the stack pointer as it was.
            accept::<A>(callee, &caller, callee.is_first(), Trust::Cfi).then_some(Step::Caller(caller, Trust::Cfi))
        }
    }
}

/// A return address of zero: the end, or no more than a wrong turn.
fn at_zero<A: Architecture>(callee: &Callee<'_, '_>, sp: u64) -> Step {
    let behind = if windows::is_end::<A>(callee, sp) { None } else { scan::caller::<A>(callee, callee.registers.sp()) };
    behind.map_or(Step::End(End::Zero), |caller| Step::Caller(caller, Trust::Scan))
}

/// A part of a function that was split off ("cold"), or that stands behind an early return, has no rules of its own for
/// an aligned stack: those that it has say that nothing was pushed, which is impossible for code that has called
/// something. The frame itself knows better.
fn realigned_part<A: Architecture>(callee: &Callee<'_, '_>, caller: &Registers) -> Option<Registers> {
    let nothing_pushed = caller.sp() == callee.registers.sp() + A::ARCH.pointer_size();
    if callee.is_first() || !nothing_pushed {
        return None;
    }
    A::realigned(callee).filter(|c| accept::<A>(callee, c, false, Trust::FramePointer))
}

fn by_stack_win<A: Architecture>(callee: &Callee<'_, '_>, win: &symbols::lookup::StackWin<'_>) -> Option<Step> {
    let input = stack_win::Callee {
        registers: callee.registers,
        memory: &callee.map.dump.memory,
        callee_params: callee.callee_params,
        first: callee.is_first(),
    };
    let plausible = |word: u64| plausible::return_address::<A>(callee, word) > Plausible::No;
    let found = stack_win::apply(win, &input, plausible)?;
    let caller = found.caller;
    if accept::<A>(callee, &caller, false, Trust::Cfi) {
        return Some(Step::Caller(caller, Trust::Cfi));
    }
    // What the record computes is no caller. A chain of frame pointers that leads to the root goes before a search.
    if let Some(caller) = A::frame_pointer(callee).filter(|_| frame_record::leads_to_root::<A>(callee)) {
        return Some(Step::Caller(caller, Trust::FramePointer));
    }
    if caller.pc() == 0 && caller.sp() > callee.registers.sp() {
        return Some(at_zero::<A>(callee, caller.sp()));
    }
    scan::caller::<A>(callee, found.search_start).map(|caller| Step::Caller(caller, Trust::CfiScan))
}

/// The caller by a scan, or why there can be none.
fn by_scan<A: Architecture>(callee: &Callee<'_, '_>) -> Step {
    if callee.map.dump.memory.region_at(callee.registers.sp()).is_none() {
        return Step::End(if callee.is_first() { End::NoStackMemory } else { End::StackMemoryEnd });
    }
    let found = scan::caller::<A>(callee, callee.registers.sp());
    found.map_or(Step::End(End::NotFound), |caller| Step::Caller(caller, Trust::Scan))
}
