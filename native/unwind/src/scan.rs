//! The last resort: looking at the stack, word by word, for a return address.
//!
//! The stack also holds what earlier calls left behind, so not everything that looks like a return address is one.
//! Where the module of a candidate has unwind rules, the candidate is tested: its own rules must lead on to another
//! plausible caller.

use vocabulary::{Os, Registers, Trust};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::plausible::{self, Plausible};
use crate::process::Process;
use crate::roots;
use crate::verdict::Verdict;
use crate::{confirm, dynamic_linker, signal_frame, windows};

/// Words looked at above a frame whose stack pointer is exact, and above one that was itself scanned for.
/// (The same as Breakpad's and rust-minidump's: large frames are rare, and each word is a chance to be wrong.)
const WORDS_EXACT: u64 = 160;
const WORDS_AGAIN: u64 = 40;
/// Words looked at for a caller that is certain.
const WORDS_CERTAIN: u64 = 2048;
/// Words looked at where nothing else was found, and guesses in a row after which that ends: it costs
/// time.
const WORDS_FAR: u64 = 1024;
const FAR_GUESSES: u32 = 256;
/// Words within which another candidate is preferred to one that looks like a pointer to a function.
const WORDS_ALIGNED: u64 = 12;
/// Guesses in a row after which a candidate must be confirmed if its module has rules that could.
const MAX_GUESSES: u32 = 2;

/// Scan for a caller that is certain, far up the stack.
pub(crate) fn certain_caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    if !A::HAS_CERTAINTY {
        return None;
    }
    let mut slots = Slots::of(callee, callee.registers.sp(), WORDS_CERTAIN)?.filter(Slot::may_be_record);
    slots.find_map(|slot| candidate(callee, &slot).filter(|caller| A::is_certain(callee, caller)))
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

    /// Whether the word may be an address of code. Quick, because most are not.
    #[inline]
    fn may_be_code<A: Architecture, P: Process>(&self, callee: &Callee<'_, '_, A, P>) -> bool {
        callee.map.may_be_code(A::strip(callee, self.word))
    }
}

/// The slots to look at whose word may be an address of code. Most are not: this is a loop of few instructions.
struct Slots<'c, 'w, 'd, A, P: Process> {
    callee: &'c Callee<'w, 'd, A, P>,
    bytes: &'d [u8],
    at: u64,
    below: u64,
    end: u64,
}

impl<'c, 'w, 'd, A: Architecture, P: Process> Slots<'c, 'w, 'd, A, P> {
    /// So many words from an address, or from the stack pointer if that is higher.
    fn of(callee: &'c Callee<'w, 'd, A, P>, from: u64, words: u64) -> Option<Self> {
        let word_size = A::ARCH.pointer_size();
        let sp = callee.registers.sp();
        let region = callee.map.region_at(sp)?;
        let at = from.max(sp).checked_next_multiple_of(word_size)?;
        let below = at.checked_sub(word_size).and_then(|at| region.read(at, word_size as usize));
        let below = below.and_then(Self::split).map_or(0, |(word, _)| word);
        let bytes = region.read_up_to(at, usize::try_from(words * word_size).ok()?)?;
        Some(Self { callee, bytes, at, below, end: region.end() })
    }

    /// The first word, and what follows it.
    #[inline]
    fn split(bytes: &[u8]) -> Option<(u64, &[u8])> {
        match A::ARCH.pointer_size() {
            4 => bytes.split_first_chunk().map(|(word, rest)| (u64::from(u32::from_le_bytes(*word)), rest)),
            _ => bytes.split_first_chunk().map(|(word, rest)| (u64::from_le_bytes(*word), rest)),
        }
    }
}

impl<A: Architecture, P: Process> Iterator for Slots<'_, '_, '_, A, P> {
    type Item = Slot;

    #[inline]
    fn next(&mut self) -> Option<Slot> {
        while let Some((word, rest)) = Self::split(self.bytes) {
            let slot = Slot { at: self.at, word, below: self.below, end: self.end };
            (self.bytes, self.at, self.below) = (rest, self.at + A::ARCH.pointer_size(), word);
            if slot.may_be_code(self.callee) {
                return Some(slot);
            }
        }
        None
    }
}

/// Scan from `from`, or from the stack pointer if that is higher.
pub(crate) fn caller<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, from: u64) -> Option<Registers> {
    let words = match callee.frame.trust {
        Trust::Scan | Trust::CfiScan => WORDS_AGAIN,
        _ => WORDS_EXACT,
    };
    let is_sound = |c: &Registers| !windows::leads_astray(callee, c);
    let near = within(callee, from, words, &is_sound).or_else(|| above_frame_pointer(callee));
    if near.is_some() || callee.guesses > FAR_GUESSES {
        return near;
    }
    // Not to have come to the end shows that a frame is large, or that the way was wrong: go on where rules lead far. So many
    // words hold many that look like a return address.
    let is_certain = |c: &Registers| windows::leads_far(callee, c);
    if !windows::lacks_frame_records(callee) {
        return within(callee, from, WORDS_FAR, &is_certain);
    }
    // Every stack of Windows has a known end: there it is worth while to follow what is only known to be code.
    let is_code = |c: &Registers| is_sound(c) && callee.map.is_executable(A::call_address(c.pc())) == Some(true);
    within(callee, from, words, &|_| true)
        .or_else(|| within(callee, from, WORDS_FAR, &is_certain))
        .or_else(|| within(callee, from, WORDS_FAR, &is_code))
}

/// The caller of a function with a large frame that uses a frame pointer for itself, as one that calls `alloca` does: the
/// return address is above the word that the register points to, whatever its caller had in the register.
fn above_frame_pointer<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>) -> Option<Registers> {
    if !A::CALL_PUSHES || callee.map.os() == Os::Windows {
        return None;
    }
    let below = callee.registers.get(A::FRAME_POINTER)?;
    let at = below.checked_add(A::ARCH.pointer_size()).filter(|&at| at > callee.registers.sp())?;
    let slot = Slot { at, word: callee.word(at)?, below: callee.word(below)?, end: at };
    if !slot.may_be_code(callee) {
        return None;
    }
    let mut caller = candidate(callee, &slot)?;
    let is_named = plausible::return_address(callee, slot.word) >= Plausible::Named;
    caller.set(A::FRAME_POINTER, slot.below);
    (is_named && confirm::test(callee, at, &mut caller) != Verdict::Refuted).then_some(caller)
}

/// Scan some words for a caller that passes a test.
fn within<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    from: u64,
    words: u64,
    is_good: &dyn Fn(&Registers) -> bool,
) -> Option<Registers> {
    let slots = || Slots::of(callee, from, words).into_iter().flatten();
    let doubtful = callee.guesses >= MAX_GUESSES;
    // What runs `main` or a thread is known by name; it is not another `main`.
    let near_root = callee.is_named(callee.frame.lookup, roots::is_near_root);
    let runs_main = |name: &str| roots::is_root(name) || (roots::is_near_root(name) && !roots::is_main(name));
    let expected = |c: &Registers| {
        let call = A::call_address(A::strip(callee, c.pc()));
        (!near_root || callee.is_named(call, runs_main)) && is_good(c)
    };
    let caller_at = |slot: Slot| candidate(callee, &slot).filter(expected).map(|c| (slot, c));
    let candidates = || slots().filter_map(caller_at);
    // Better evidence is preferred to a nearer word.
    if A::HAS_CERTAINTY
        && let Some((_, certain)) =
            slots().filter(Slot::may_be_record).filter_map(caller_at).find(|(_, c)| A::is_certain(callee, c))
    {
        return Some(certain);
    }
    let mut passed_over = false;
    let mut doubted = None;
    let mut aligned: Option<(u64, Registers)> = None;
    let mut found = None;
    for (slot, mut caller) in candidates() {
        // Only a candidate nearby is preferred to what looks like a pointer to a function.
        let reach = aligned.map_or(u64::MAX, |(at, _)| at + WORDS_ALIGNED * A::ARCH.pointer_size());
        if slot.at > reach || callee.map.is_exhausted() {
            break;
        }
        let verdict = confirm::test(callee, slot.at, &mut caller);
        let acceptable = match verdict {
            Verdict::Confirmed(_) => !dynamic_linker::is_stale(callee, &caller),
            Verdict::Unknown if A::begins_function(callee, slot.word) => {
                aligned.get_or_insert((slot.at, caller));
                false
            }
            Verdict::Unknown | Verdict::NoRules => true,
            Verdict::Silent => !doubtful,
            Verdict::Doubted | Verdict::Refuted => false,
        };
        passed_over |= matches!(verdict, Verdict::Silent | Verdict::Doubted) && doubtful;
        if verdict == Verdict::Doubted && !doubtful {
            doubted.get_or_insert((verdict, caller));
        }
        if acceptable {
            found = Some((verdict, caller));
            break;
        }
    }
    let found = found.or(aligned.map(|(_, caller)| (Verdict::Unknown, caller)));
    // Only symbols are better evidence; without them anything in a module is a candidate.
    let better = found.filter(|(verdict, _)| doubted.is_none() || *verdict != Verdict::Unknown);
    let (verdict, caller) = better.or(doubted)?;
    let Verdict::Confirmed(Some(next)) = verdict else { return Some(caller) };
    // Where the rules lead to what runs `main`, and `main` is among the candidates on the way, it is the caller: what lies
    // nearer was left behind by something that it had called before, and only `main`'s frame pointer confirms it.
    let is_main = |c: &Registers| callee.is_named(A::call_address(A::strip(callee, c.pc())), |name| name == "main");
    if callee.is_named(A::call_address(A::strip(callee, next.pc())), roots::is_near_root)
        && let Some((slot, mut main)) =
            candidates().find(|(_, c)| c.sp() > caller.sp() && c.sp() < next.sp() && is_main(c))
    {
        confirm::test(callee, slot.at, &mut main);
        return Some(main);
    }
    // Among what earlier calls left behind, even a confirmed candidate may be of that kind, left by the same caller.
    // Take what both have in common: the caller that they lead to.
    let in_common = passed_over && candidates().any(|(_, c)| c.sp() == next.sp() && c.pc() == next.pc());
    Some(if in_common { next } else { caller })
}

/// The caller, if a word that may be an address of code may be the return address into it.
fn candidate<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, slot: &Slot) -> Option<Registers> {
    let stored = slot.word;
    let plausible = plausible::return_address(callee, stored);
    if plausible == Plausible::Possible && A::is_unlikely(callee, stored) {
        return None;
    }
    if callee.map.is_auxiliary(A::strip(callee, stored)) {
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
    let is_return = match plausible {
        Plausible::No | Plausible::Unnamed => false,
        // Compilers for Windows put a trap behind such a call.
        Plausible::FunctionStart => callee.map.os() != Os::Windows && confirm::is_behind_noreturn(callee, &caller),
        Plausible::Possible | Plausible::Named | Plausible::AfterCall => true,
    };
    // No call is before the code that a signal handler returns to.
    (is_return || signal_frame::is_trampoline(callee, &caller)).then_some(caller)
}
