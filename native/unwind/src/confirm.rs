//! Testing a scanned candidate by its own unwind rules.
//!
//! What lies on the stack from earlier calls looks like a return address, but what its function would have saved beside it
//! is long overwritten: its rules then lead nowhere.

use vocabulary::{Os, Registers};

use crate::apply;
use crate::arch::Architecture;
use crate::callee::{Callee, Rules};
use crate::plausible::{self, Plausible};
use crate::process::Process;
use crate::roots;
use crate::signal_frame;
use crate::unwind_source::{UnwindSource, Unwound};
use crate::verdict::Verdict;

/// A module with fewer rules than one in so many functions was built without unwind tables: what rules it has are those of
/// its start-up code.
const FUNCTIONS_PER_RULE: u64 = 8;

/// Tests a candidate by its own rules. If the rules need a frame pointer that is unknown, words that the callee may have
/// saved it in are tried; one that is confirmed is stored in `caller`.
pub(crate) fn test<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    slot: u64,
    caller: &mut Registers,
) -> Verdict {
    let call = A::call_address(A::strip(callee, caller.pc()));
    let (sources, _) = callee.map.sources_at(call);
    let functions = callee.map.symbols_at(call).map(|(symbols, _)| symbols.counts().functions);
    if functions.is_none() && sources.is_empty() {
        return Verdict::Unknown;
    }
    if signal_frame::is_trampoline(callee, caller) {
        return Verdict::Confirmed(None);
    }
    // Every stack goes through one of these, and few earlier calls leave one behind.
    if callee.is_named(call, |name| roots::is_root(name) || roots::is_near_root(name)) {
        return Verdict::Confirmed(None);
    }
    let Some(rules) = callee.rules_at(call) else {
        let rules = sources.iter().map(UnwindSource::count).max().unwrap_or(0);
        let has_rules = rules > 0 && rules.saturating_mul(FUNCTIONS_PER_RULE) >= functions.unwrap_or(0);
        if has_rules {
            return Verdict::Silent;
        }
        // Where such modules have tables of another kind, a scan finds more false frames than true ones.
        if A::TABLES_OUTSIDE_SYMBOLS {
            return Verdict::Refuted;
        }
        // Compilers for Windows write rules for everything: these are symbols without the binary.
        return if callee.map.os() == Os::Windows { Verdict::Silent } else { Verdict::NoRules };
    };
    A::weigh(confirm(callee, &rules, slot, caller))
}

/// The caller of a function that calls one without rules: how many words that one pushed is not known, but the rules
/// lead on only for the right number.
pub(crate) fn behind_pushes<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    rules: &Rules<'_, P>,
) -> Option<Registers> {
    (0..=MAX_PUSHED).find_map(|pushed| {
        let sp = callee.registers.sp().checked_add(pushed * A::ARCH.pointer_size())?;
        let mut registers = *callee.registers;
        registers.set(A::ARCH.sp(), sp);
        match confirm(callee, rules, sp, &mut registers) {
            Verdict::Confirmed(caller) => caller,
            _ => None,
        }
    })
}

/// Words that a function without rules may have pushed: r0 to r11, lr and a few locals.
const MAX_PUSHED: u64 = 16;

/// Applies a function's rules to its registers. If they need a frame pointer that is unknown or wrong, the words below
/// `slot` are tried, where its callee may have saved it; one that is confirmed is stored.
fn confirm<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    rules: &Rules<'_, P>,
    slot: u64,
    registers: &mut Registers,
) -> Verdict {
    let outcome = |registers: &Registers| match apply::to_caller(callee, registers, rules) {
        Unwound::Caller(next) | Unwound::ByCode(next) if next.sp() > registers.sp() && leads_on(callee, &next) => {
            Verdict::Confirmed(Some(next))
        }
        // A candidate has called something: it is no leaf.
        Unwound::Caller(_) | Unwound::Counted { .. } | Unwound::Leaf => Verdict::Refuted,
        Unwound::Root | Unwound::Interrupted(_) => Verdict::Confirmed(None),
        Unwound::ByCode(_) | Unwound::Failed => Verdict::Silent,
    };
    let first = outcome(registers);
    if let Verdict::Confirmed(_) = first {
        return first;
    }
    let Some(stack) = callee.map.region_at(slot) else { return first };
    let word = A::ARCH.pointer_size();
    for &fp in A::GUESSED_FRAME_POINTERS {
        for i in 1..=SAVED_REGISTERS {
            let saved = slot.checked_sub(i * word).and_then(|at| callee.word(at));
            let in_stack = |v: &u64| *v > slot && *v < stack.end() && v.is_multiple_of(word);
            let Some(value) = saved.filter(in_stack) else { continue };
            let mut guess = *registers;
            guess.set(fp, value);
            if let confirmed @ Verdict::Confirmed(_) = outcome(&guess) {
                *registers = guess;
                return confirmed;
            }
        }
    }
    first
}

/// Whether the caller that a candidate's rules lead to is plausible. Where its return address is a function's first byte, it may
/// be the end of a call that never returns, or a pointer to the function; then its own rules must lead on, too.
fn leads_on<A: Architecture, P: Process>(callee: &Callee<'_, '_, A, P>, next: &Registers) -> bool {
    let plausible = plausible::return_address(callee, next.pc());
    if plausible != Plausible::FunctionStart {
        return plausible >= Plausible::Possible;
    }
    let call = A::call_address(A::strip(callee, next.pc()));
    let Some(rules) = callee.rules_at(call) else { return false };
    match apply::to_caller(callee, next, &rules) {
        Unwound::Caller(after) => {
            after.sp() > next.sp() && plausible::return_address(callee, after.pc()) >= Plausible::Possible
        }
        Unwound::Root | Unwound::Interrupted(_) => true,
        Unwound::Counted { .. } | Unwound::ByCode(_) | Unwound::Leaf | Unwound::Failed => false,
    }
}

/// Registers that a callee saves below a return address: r4 to r11.
const SAVED_REGISTERS: u64 = 8;

/// Whether the first address of a function is a return address, that of a call that never returns at the end of the
/// function before: the rules for that call lead on, as they do not for a mere pointer to a function.
pub(crate) fn is_behind_noreturn<A: Architecture, P: Process>(
    callee: &Callee<'_, '_, A, P>,
    caller: &Registers,
) -> bool {
    let call = A::call_address(A::strip(callee, caller.pc()));
    let Some(rules) = callee.rules_at(call) else { return false };
    let Unwound::Caller(next) = apply::to_caller(callee, caller, &rules) else { return false };
    // At a call the stack is aligned, and the return address of the function itself is not on its top.
    let is_aligned = |registers: &Registers| registers.sp().is_multiple_of(A::STACK_ALIGNMENT);
    is_aligned(caller)
        && is_aligned(&next)
        && next.sp() > caller.sp() + A::ARCH.pointer_size()
        && plausible::return_address(callee, next.pc()) >= Plausible::Named
}
