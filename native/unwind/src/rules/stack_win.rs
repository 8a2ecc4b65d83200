//! `STACK WIN`: frame data (type 4) and FPO (type 0) of 32-bit Windows.
//!
//! The records state how many bytes of parameters, locals and saved registers a function has, and most contain a
//! program that computes the caller's registers. Where the return address lies (`.raSearch`) depends on the
//! parameters that the *callee* was given, since those are still on the stack below this frame.

use std::borrow::Cow;

use symbols::breakpad::Win;
use vocabulary::{Arch, Registers, x86};

use super::postfix::{self, Machine};
use crate::unwind_source::{UnwindState, Unwound};

/// The programs of records that contain none.
const FPO_KEEPS_EBP: &[u8] = b"$eip .raSearch ^ = $esp .raSearch 4 + =";
const FPO_SAVES_EBP: &[u8] =
    b"$eip .raSearch ^ = $ebp $esp .cbCalleeParams + .cbSavedRegs + 8 - ^ = $esp .raSearch 4 + =";

/// Words behind the computed slot that may hold the return address instead: compilers push what the record
/// does not count (Breakpad's processor looks as far).
const SEARCH_WORDS: u64 = 4;

/// Apply a record.
pub(super) fn apply(win: &Win<'_>, callee: &impl UnwindState) -> Unwound {
    run(win, callee).map_or(Unwound::Failed, |(caller, search_from)| Unwound::Counted { caller, search_from })
}

/// The caller, and where the search for its return address started.
fn run(win: &Win<'_>, callee: &impl UnwindState) -> Option<(Registers, u64)> {
    let registers = callee.registers();
    let esp = registers.get(x86::ESP)?;
    let ebp = registers.get(x86::EBP);
    let program = match (win.program, win.allocates_base_pointer) {
        (Some(program), _) => program,
        (None, true) => FPO_SAVES_EBP,
        (None, false) => FPO_KEEPS_EBP,
    };
    // `@` aligns the stack: then only ebp shows where the frame begins.
    let aligned_frame = win.program.is_some() && program.contains(&b'@');
    let slot = match ebp {
        Some(ebp) if aligned_frame => ReturnSlot { at: ebp.wrapping_add(4), callee_params: callee.callee_parameters() },
        _ => search(esp, win, callee),
    };
    let search_start = slot.at;
    let mut machine = Dictionary { callee, entries: Vec::with_capacity(16) };
    machine.put(b"$esp", esp);
    if let Some(ebp) = ebp {
        machine.put(b"$ebp", ebp);
    }
    if let Some(ebx) = registers.get(x86::EBX) {
        machine.put(b"$ebx", ebx);
    }
    machine.put(b".cbParams", u64::from(win.param_size));
    machine.put(b".cbCalleeParams", u64::from(slot.callee_params));
    machine.put(b".cbSavedRegs", u64::from(win.saved_regs_size));
    machine.put(b".cbLocals", u64::from(win.locals_size));
    machine.put(b".raSearch", search_start);
    machine.put(b".raSearchStart", search_start);

    let given = machine.entries.len();
    if postfix::run(program, &mut machine)?.count != 0 {
        return None;
    }
    let assigned = |name: &[u8]| machine.entries[given..].iter().rev().find(|(n, _)| **n == *name).map(|(_, v)| *v);
    let mut caller = Registers::new(Arch::X86);
    caller.set(x86::EIP, assigned(b"$eip")?);
    caller.set(x86::ESP, assigned(b"$esp")?);
    if let Some(value) = assigned(b"$ebp").or(ebp) {
        caller.set(x86::EBP, value);
    }
    // The other preserved registers are known only if the program restored them: without that they may hold
    // anything (rust-minidump passes them through by accident).
    for (name, reg) in [(&b"$ebx"[..], x86::EBX), (b"$esi", x86::ESI), (b"$edi", x86::EDI)] {
        if let Some(value) = assigned(name) {
            caller.set(reg, value);
        }
    }
    Some((caller, search_start))
}

/// Where the return address lies.
struct ReturnSlot {
    at: u64,
    /// Bytes of the callee's parameters below the frame that the record describes.
    callee_params: u32,
}

/// The computed slot, or the first of a few words near it that holds a plausible return address.
fn search(esp: u64, win: &Win<'_>, callee: &impl UnwindState) -> ReturnSlot {
    let callee_params = callee.callee_parameters();
    let is_return = |at: &u64| callee.word(*at).is_some_and(|word| callee.may_be_return_address(word));
    let frame = u64::from(win.locals_size) + u64::from(win.saved_regs_size);
    let within = esp.wrapping_add(frame) & 0xffff_ffff;
    let mut from = within.wrapping_add(u64::from(callee_params)) & 0xffff_ffff;
    // A system call stub that has returned leaves its return address, which is eip, below the stack pointer's
    // frame; it is not the caller's (sighted in ntdll's KiFastSystemCallRet by Breakpad).
    if callee.is_exact() && win.kind == 0 && callee.word(from) == callee.registers().get(x86::EIP) {
        from = from.wrapping_add(4);
    }
    // Clang without optimisation reserves space for parameters once, in the prologue, instead of pushing them: then they are
    // among the locals already.
    if callee_params != 0 && !is_return(&from) && is_return(&within) {
        return ReturnSlot { at: within, callee_params: 0 };
    }
    let at = (0..SEARCH_WORDS).map(|i| from.wrapping_add(i * 4)).find(is_return).unwrap_or(from);
    ReturnSlot { at, callee_params }
}

/// The variables of a program. A program has a handful; the bound on tokens bounds the list.
struct Dictionary<'a, S> {
    callee: &'a S,
    entries: Vec<(Cow<'a, [u8]>, u64)>,
}

impl<S> Dictionary<'_, S> {
    fn put(&mut self, name: &'static [u8], value: u64) {
        self.entries.push((Cow::Borrowed(name), value));
    }
}

impl<S: UnwindState> Machine for Dictionary<'_, S> {
    fn get(&self, name: &[u8]) -> Option<u64> {
        self.entries.iter().rev().find(|(n, _)| **n == *name).map(|(_, v)| *v)
    }
    fn set(&mut self, name: &[u8], value: u64) -> bool {
        self.entries.push((Cow::Owned(name.to_vec()), value));
        name.starts_with(b"$")
    }
    fn load(&self, address: u64) -> Option<u64> {
        self.callee.word(address)
    }
    fn mask(&self) -> u64 {
        0xffff_ffff
    }
}
