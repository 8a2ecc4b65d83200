//! The walk itself, the same for every architecture.

use minidump::Os;
use minidump::{Arch, Registers};

use crate::amd64::Amd64;
use crate::arch::Architecture;
use crate::arm::Arm;
use crate::arm64::Arm64;
use crate::frame::{End, Frame, Stack, Trust};
use crate::modules::ModuleMap;
use crate::plausible::{self, LOWEST_CODE, Plausible};
use crate::rules::{cfi, stack_win};
use crate::x86::X86;
use crate::{recursion, roots};

/// Bounds of a walk.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Frames to walk at most. A runaway recursion in 8 MiB of stack has some hundred thousand.
    pub frames: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { frames: 1 << 20 }
    }
}

/// The frame whose caller is looked for.
pub(crate) struct Callee<'w, 'd> {
    pub(crate) map: &'w ModuleMap<'d>,
    pub(crate) registers: &'w Registers,
    pub(crate) frame: &'w Frame,
    /// Bytes of parameters on the stack of the frame below; x86 alone wants it.
    callee_params: u32,
    /// Bits of an address that are an address: pointer authentication uses those above.
    pub(crate) address_bits: u64,
}

impl Callee<'_, '_> {
    /// Whether this is the thread's first frame.
    pub(crate) fn is_first(&self) -> bool {
        self.frame.trust == Trust::Context
    }

    /// A machine word of memory.
    pub(crate) fn word(&self, address: u64) -> Option<u64> {
        self.map.dump.memory.word(address, self.registers.arch)
    }

    /// Whether the frame's address is in code: in a module or in executable memory. `None` cannot be told apart
    /// from "no": code outside modules is believed only if the dump says that it is executable.
    pub(crate) fn is_in_code(&self) -> bool {
        match self.map.is_executable(self.frame.address) {
            Some(executable) => executable,
            None => self.frame.module.is_some(),
        }
    }

    /// Where the function at an address begins. `None` without symbols.
    pub(crate) fn function_start(&self, address: u64) -> Option<u64> {
        let (symbols, rva) = self.map.symbols_at(address)?;
        let start = symbols.function_at(rva)?.start;
        Some(address.wrapping_sub(rva).wrapping_add(start))
    }

    /// Whether an address is in the function of this frame. `None` without symbols.
    pub(crate) fn is_own_function(&self, address: u64) -> Option<bool> {
        Some(self.function_start(address) == Some(self.function_start(self.frame.lookup)?))
    }

    /// Whether the symbols of the frame's module have unwind rules, but none for the frame's address.
    pub(crate) fn has_no_rules_among_others(&self) -> bool {
        self.map.symbols_at(self.frame.lookup).is_some_and(|(s, rva)| s.counts().cfi_inits > 0 && s.cfi_at(rva).is_none())
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
    let end = loop {
        let stored = registers.pc();
        let unknown = Frame { address: stored, lookup: stored, sp: registers.sp(), trust, module: None };
        let strip = Callee { map, registers: &registers, frame: &unknown, callee_params: 0, address_bits };
        let address = A::strip(&strip, stored);
        let lookup = if trust == Trust::Context { address } else { A::call_address(address) };
        let frame = Frame { address, lookup, module: map.module_at(lookup), ..unknown };
        registers.set(A::ARCH.pc(), address);
        frames.push(frame);
        if frames.len() >= limits.frames {
            break End::FrameLimit;
        }
        let callee = Callee { map, registers: &registers, frame: &frame, callee_params, address_bits };
        if is_root(&callee) {
            break End::Root;
        }
        match step::<A>(&callee) {
            Step::Caller(caller, how) => {
                if A::ARCH == Arch::X86 {
                    callee_params = param_size(&callee);
                }
                registers = caller;
                trust = how;
            }
            Step::End(end) => break end,
        }
    };
    let recursion = recursion::fold(&mut frames);
    Stack { frames, registers: Some(*start), end, recursion }
}

/// Whether the frame is of a function that nothing calls.
fn is_root(callee: &Callee<'_, '_>) -> bool {
    callee
        .map
        .symbols_at(callee.frame.lookup)
        .and_then(|(symbols, rva)| symbols.function_at(rva))
        .is_some_and(|f| roots::is_root(&f.name))
}

/// Bytes of parameters of the function at a frame: `STACK WIN` knows it best.
fn param_size(callee: &Callee<'_, '_>) -> u32 {
    let Some((symbols, rva)) = callee.map.symbols_at(callee.frame.lookup) else { return 0 };
    match symbols.win_at(rva) {
        Some(win) => win.param_size,
        None => symbols.function_at(rva).map_or(0, |f| f.param_size),
    }
}

/// Find the caller, by the best means first.
fn step<A: Architecture>(callee: &Callee<'_, '_>) -> Step {
    let accept = |caller: &Registers, may_stay: bool| accept::<A>(callee, caller, may_stay);
    // A jump to a bad address pushed no frame: all registers are the caller's, but for the return address.
    if callee.is_first() && !callee.is_in_code() {
        if let Some(caller) = A::leaf(callee).filter(|c| accept(c, true)) {
            return Step::Caller(caller, Trust::Leaf);
        }
    }
    if let Some(found) = by_rules::<A>(callee) {
        return found;
    }
    if callee.is_first() {
        if let Some(caller) = A::leaf(callee).filter(|c| accept(c, true)) {
            return Step::Caller(caller, Trust::Leaf);
        }
    }
    if let Some(caller) = A::frame_pointer(callee) {
        if caller.pc() == 0 {
            return Step::End(End::Zero);
        }
        if accept(&caller, false) {
            return Step::Caller(caller, Trust::FramePointer);
        }
    }
    scan::<A>(callee, callee.registers.sp(), Trust::Scan)
}

/// Whether a computed caller is believable.
fn accept<A: Architecture>(callee: &Callee<'_, '_>, caller: &Registers, may_stay: bool) -> bool {
    let (from, to) = (callee.registers.sp(), caller.sp());
    let moves = to > from || (may_stay && to == from && caller.pc() != callee.registers.pc());
    moves && plausible::return_address::<A>(callee, caller.pc()) > Plausible::No
}

/// The caller by the rules of the symbols. `None`: no rules here, or nothing believable came of them.
fn by_rules<A: Architecture>(callee: &Callee<'_, '_>) -> Option<Step> {
    let (symbols, rva) = callee.map.symbols_at(callee.frame.lookup)?;
    let memory = &callee.map.dump.memory;
    if A::ARCH == Arch::X86 {
        if let Some(win) = symbols.win_at(rva) {
            return by_stack_win::<A>(callee, &win);
        }
    }
    let rules = symbols.cfi_at(rva)?;
    let preserved = A::preserved(callee.map.dump.os() == Os::Windows);
    match cfi::apply(&rules, callee.registers, memory, preserved) {
        cfi::Outcome::Root => Some(Step::End(End::Root)),
        cfi::Outcome::Failed => None,
        cfi::Outcome::Caller(caller) => {
            let address = A::strip(callee, caller.pc());
            // The word where a return address would be is a small number: argc, at the top of a program's stack,
            // or zero, which runtimes put there to mark the end.
            if address < LOWEST_CODE && caller.sp() > callee.registers.sp() && !callee.is_first() {
                return Some(Step::End(End::Zero));
            }
            // A leaf on ARM gives back the stack pointer as it was.
            accept::<A>(callee, &caller, callee.is_first()).then_some(Step::Caller(caller, Trust::Cfi))
        }
    }
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
    if accept::<A>(callee, &caller, false) {
        return Some(Step::Caller(caller, Trust::Cfi));
    }
    if caller.pc() == 0 && caller.sp() > callee.registers.sp() {
        return Some(Step::End(End::Zero));
    }
    match scan::<A>(callee, found.search_start.max(callee.registers.sp()), Trust::CfiScan) {
        found @ Step::Caller(..) => Some(found),
        Step::End(_) => None,
    }
}

/// Words looked at behind a frame whose stack pointer is exact, and behind one that was itself scanned for.
/// (The same as Breakpad's and rust-minidump's: large frames are rare, and each word is a chance to be wrong.)
const SCAN_WORDS_EXACT: u64 = 160;
const SCAN_WORDS_AGAIN: u64 = 40;

/// The caller by looking at the stack, word by word, for a return address.
fn scan<A: Architecture>(callee: &Callee<'_, '_>, from: u64, trust: Trust) -> Step {
    let word_size = A::ARCH.pointer_size();
    let memory = &callee.map.dump.memory;
    let sp = callee.registers.sp();
    let Some(region) = memory.region_at(sp) else {
        let at_end = sp.checked_sub(1).is_some_and(|last| memory.region_at(last).is_some());
        return Step::End(if at_end && !callee.is_first() { End::StackMemoryEnd } else { End::NoStackMemory });
    };
    let words = match callee.frame.trust {
        Trust::Scan | Trust::CfiScan => SCAN_WORDS_AGAIN,
        _ => SCAN_WORDS_EXACT,
    };
    let start = from.max(sp).next_multiple_of(word_size);
    let end = region.base.saturating_add(region.bytes.len() as u64);
    let slots = || (start..end).step_by(word_size as usize).take(words as usize);
    let found = slots()
        .filter_map(|slot| candidate::<A>(callee, slot).filter(|caller| A::is_certain(callee, slot, caller)))
        .next()
        .or_else(|| slots().find_map(|slot| candidate::<A>(callee, slot)));
    found.map_or(Step::End(End::NotFound), |caller| Step::Caller(caller, trust))
}

/// The caller, if the word at `slot` may be the return address into it.
fn candidate<A: Architecture>(callee: &Callee<'_, '_>, slot: u64) -> Option<Registers> {
    let stored = callee.word(slot)?;
    if plausible::return_address::<A>(callee, stored) == Plausible::No {
        return None;
    }
    // The callee's own address once more: the link register, pushed by a callee whose frame was not seen. It is no
    // caller.
    if callee.frame.trust == Trust::Leaf && A::strip(callee, stored) == callee.frame.address {
        return None;
    }
    let mut caller = Registers::new(A::ARCH);
    caller.set(A::ARCH.pc(), stored);
    caller.set(A::ARCH.sp(), slot.checked_add(A::ARCH.pointer_size())?);
    A::after_scan(callee, slot, &mut caller);
    leads_on::<A>(callee, &caller).then_some(caller)
}

/// Whether the rules at a scanned caller lead on to something believable. What lies on the stack from earlier calls
/// looks like a return address, but what its function would have saved beside it is long overwritten.
fn leads_on<A: Architecture>(callee: &Callee<'_, '_>, caller: &Registers) -> bool {
    // Only where a call pushes the return address is the caller's stack pointer known from the slot.
    if A::ARCH != Arch::Amd64 {
        return true;
    }
    let call = A::call_address(caller.pc());
    let Some((symbols, rva)) = callee.map.symbols_at(call) else { return true };
    let Some(rules) = symbols.cfi_at(rva) else { return true };
    let preserved = A::preserved(callee.map.dump.os() == Os::Windows);
    match cfi::apply(&rules, caller, &callee.map.dump.memory, preserved) {
        cfi::Outcome::Caller(next) => {
            let small = next.pc() < LOWEST_CODE;
            next.sp() > caller.sp() && (small || plausible::return_address::<A>(callee, next.pc()) > Plausible::No)
        }
        cfi::Outcome::Root | cfi::Outcome::Failed => true,
    }
}
