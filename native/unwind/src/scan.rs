//! The last resort: looking at the stack, word by word, for a return address.
//!
//! The stack also holds what earlier calls left behind, so not everything that looks like a return address is one.
//! Where the module of a candidate has unwind rules, the candidate is put to the test: do its own rules lead on to
//! something believable?

use minidump::{Arch, Os, Registers};

use crate::arch::Architecture;
use crate::frame::Trust;
use crate::plausible::{self, Plausible};
use crate::roots;
use crate::rules::cfi;
use crate::walk::Callee;

/// Words looked at behind a frame whose stack pointer is exact, and behind one that was itself scanned for.
/// (The same as Breakpad's and rust-minidump's: large frames are rare, and each word is a chance to be wrong.)
const WORDS_EXACT: u64 = 160;
const WORDS_AGAIN: u64 = 40;
/// Words looked at for a caller that is certain.
const WORDS_CERTAIN: u64 = 2048;
/// Guesses in a row after which a candidate must be confirmed if its module has rules that could.
const MAX_GUESSES: u32 = 2;

/// What the rules of a candidate's module say of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Test {
    /// They lead on to another believable caller, or to the end of the stack.
    Confirmed(Option<Registers>),
    /// They lead nowhere.
    Refuted,
    /// The module has symbols, but they cannot tell.
    Silent,
    /// There are no symbols.
    Unknown,
}

/// Scan for a caller that is certain, far up the stack.
pub(crate) fn certain_caller<A: Architecture>(callee: &Callee<'_, '_>) -> Option<Registers> {
    if !A::HAS_CERTAINTY {
        return None;
    }
    let mut slots = slots::<A>(callee, callee.registers.sp(), WORDS_CERTAIN)?.filter(Slot::may_be_record);
    slots.find_map(|slot| candidate::<A>(callee, &slot).filter(|caller| A::is_certain(callee, caller)))
}

/// A word of the stack.
struct Slot {
    at: u64,
    word: u64,
    /// The word below it.
    below: u64,
    /// Where the stack memory ends.
    end: u64,
}

impl Slot {
    /// Whether this may be the second word of a frame record: the one below it points up the stack. Quick, because most
    /// words are looked at for nothing else.
    fn may_be_record(&self) -> bool {
        self.below > self.at && self.below < self.end && self.below.is_multiple_of(4)
    }
}

/// The slots to look at.
fn slots<'d, A: Architecture>(
    callee: &Callee<'_, 'd>,
    from: u64,
    words: u64,
) -> Option<impl Iterator<Item = Slot> + use<'d, A>> {
    let word_size = A::ARCH.pointer_size();
    let sp = callee.registers.sp();
    let region = callee.map.dump.memory.region_at(sp)?;
    let start = from.max(sp).checked_next_multiple_of(word_size)?;
    let word = move |at: u64| {
        let bytes = region.bytes.get(usize::try_from(at.checked_sub(region.base)?).ok()?..)?;
        match word_size {
            4 => bytes.first_chunk().map(|b| u64::from(u32::from_le_bytes(*b))),
            _ => bytes.first_chunk().map(|b| u64::from_le_bytes(*b)),
        }
    };
    let mut below = start.checked_sub(word_size).and_then(word).unwrap_or(0);
    let slot = move |at: u64| {
        let slot = Slot { at, word: word(at)?, below, end: region.end() };
        below = slot.word;
        Some(slot)
    };
    Some((start..region.end()).step_by(word_size as usize).take(words as usize).map_while(slot))
}

/// Scan from `from`, or from the stack pointer if that is higher.
pub(crate) fn caller<A: Architecture>(callee: &Callee<'_, '_>, from: u64) -> Option<Registers> {
    let words = match callee.frame.trust {
        Trust::Scan | Trust::CfiScan => WORDS_AGAIN,
        _ => WORDS_EXACT,
    };
    let slots = || slots::<A>(callee, from, words);
    let doubtful = callee.guesses >= MAX_GUESSES;
    // What runs `main` or a thread is known by name.
    let near_root = callee.is_named(callee.frame.lookup, roots::is_near_root);
    let expected = |c: &Registers| {
        let call = A::call_address(A::strip(callee, c.pc()));
        !near_root || callee.is_named(call, |name| roots::is_root(name) || roots::is_near_root(name))
    };
    let candidates = || {
        slots()
            .into_iter()
            .flatten()
            .filter_map(|slot| candidate::<A>(callee, &slot).filter(expected).map(|c| (slot, c)))
    };
    // Better evidence goes before a nearer word.
    if A::HAS_CERTAINTY
        && let Some((_, certain)) = candidates().find(|(slot, c)| slot.may_be_record() && A::is_certain(callee, c))
    {
        return Some(certain);
    }
    let mut passed_over = false;
    let (test, caller) = candidates().find_map(|(slot, mut caller)| {
        let test = test::<A>(callee, slot.at, &mut caller);
        let acceptable = match test {
            Test::Confirmed(_) | Test::Unknown => true,
            Test::Silent => !doubtful,
            Test::Refuted => false,
        };
        passed_over |= test == Test::Silent && doubtful;
        acceptable.then_some((test, caller))
    })?;
    match test {
        // Among what earlier calls left behind, even a confirmed candidate may be of that kind, left by the same caller.
        // Take what both stories have in common: the caller that it leads to.
        Test::Confirmed(Some(next)) if passed_over => {
            let leads_to_candidate = candidates().any(|(_, c)| c.sp() == next.sp() && c.pc() == next.pc());
            Some(if leads_to_candidate { next } else { caller })
        }
        _ => Some(caller),
    }
}

/// The caller, if a word may be the return address into it.
fn candidate<A: Architecture>(callee: &Callee<'_, '_>, slot: &Slot) -> Option<Registers> {
    let stored = slot.word;
    let plausible = plausible::return_address::<A>(callee, stored);
    if plausible < Plausible::Possible || (plausible == Plausible::Possible && A::is_unlikely(callee, stored)) {
        return None;
    }
    // The callee's own address once more is no caller: it is the link register, pushed by a callee whose frame was not
    // seen, or, on Windows, where an exception was raised, in the record of that exception.
    if matches!(callee.frame.trust, Trust::Leaf | Trust::Context) && A::strip(callee, stored) == callee.frame.address {
        return None;
    }
    let mut caller = Registers::new(A::ARCH);
    caller.set(A::ARCH.pc(), stored);
    caller.set(A::ARCH.sp(), slot.at.checked_add(A::ARCH.pointer_size())?);
    A::after_scan(callee, slot.at, &mut caller);
    Some(caller)
}

/// Put a candidate to the test of its own rules. What lies on the stack from earlier calls looks like a return
/// address, but what its function would have saved beside it is long overwritten. If the rules want a frame pointer
/// that is unknown, words that the callee may have saved it in are tried; one that is confirmed is kept in `caller`.
fn test<A: Architecture>(callee: &Callee<'_, '_>, slot: u64, caller: &mut Registers) -> Test {
    let call = A::call_address(A::strip(callee, caller.pc()));
    let Some((symbols, rva)) = callee.map.symbols_at(call) else { return Test::Unknown };
    // Every stack goes through one of these, and few earlier calls leave one behind.
    if callee.is_named(call, |name| roots::is_root(name) || roots::is_near_root(name)) {
        return Test::Confirmed(None);
    }
    let Some(rules) = symbols.cfi_at(rva) else { return Test::Silent };
    let preserved = A::preserved(callee.map.dump.os() == Os::Windows);
    let outcome = |caller: &Registers| match cfi::apply(&rules, caller, &callee.map.dump.memory, preserved) {
        cfi::Outcome::Caller(next) => {
            let leads_on = plausible::return_address::<A>(callee, next.pc()) >= Plausible::Possible;
            if next.sp() > caller.sp() && leads_on { Test::Confirmed(Some(next)) } else { Test::Refuted }
        }
        cfi::Outcome::Root => Test::Confirmed(None),
        cfi::Outcome::Failed => Test::Silent,
    };
    let first = outcome(caller);
    let Some(fp) = A::GUESSED_FRAME_POINTER.filter(|&fp| first == Test::Silent && caller.get(fp).is_none()) else {
        // Where a call does not push the return address, the slot does not tell the caller's stack pointer for
        // certain, so its rules can confirm but not refute.
        return if first == Test::Refuted && matches!(A::ARCH, Arch::Arm | Arch::Arm64) { Test::Silent } else { first };
    };
    let word = A::ARCH.pointer_size();
    for i in 1..=SAVED_REGISTERS {
        let Some(value) = slot.checked_sub(i * word).and_then(|at| callee.word(at)).filter(|&v| v > slot) else {
            continue;
        };
        let mut guess = *caller;
        guess.set(fp, value);
        if let confirmed @ Test::Confirmed(_) = outcome(&guess) {
            *caller = guess;
            return confirmed;
        }
    }
    Test::Silent
}

/// Registers that a callee saves below a return address: r4 to r11.
const SAVED_REGISTERS: u64 = 8;
