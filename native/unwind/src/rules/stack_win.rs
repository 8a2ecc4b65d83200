//! `STACK WIN`: frame data (type 4) and FPO (type 0) of 32-bit Windows.
//!
//! The records say how many bytes of parameters, locals and saved registers a function keeps, and most carry a
//! program that computes the caller's registers. Where the return address lies (`.raSearch`) depends on the
//! parameters that the *callee* was given, since those are still on the stack below this frame.

use std::borrow::Cow;

use minidump::Memory;
use minidump::{Arch, Registers, x86};
use symbols::lookup::StackWin;

use super::postfix::{self, Machine};

/// A frame found by a record.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) caller: Registers,
    /// Where the search for a return address started: a scan goes on from here if the result is implausible.
    pub(crate) search_start: u64,
}

/// The programs that records without one stand for.
const FPO_KEEPS_EBP: &[u8] = b"$eip .raSearch ^ = $esp .raSearch 4 + =";
const FPO_SAVES_EBP: &[u8] =
    b"$eip .raSearch ^ = $ebp $esp .cbCalleeParams + .cbSavedRegs + 8 - ^ = $esp .raSearch 4 + =";

/// Words behind the computed place that may hold the return address instead: compilers push what the record
/// does not count (Breakpad's processor looks as far).
const SEARCH_WORDS: u64 = 4;

/// What the caller's frame needs to know of the frame it is computed from.
pub(crate) struct Callee<'a> {
    pub(crate) registers: &'a Registers,
    pub(crate) memory: &'a Memory<'a>,
    /// Bytes of parameters of the function that this frame called; 0 for the first frame.
    pub(crate) callee_params: u32,
    /// Whether this is the thread's first frame.
    pub(crate) first: bool,
}

/// Apply a record. `plausible` says whether an address looks like a return address.
pub(crate) fn apply(win: &StackWin<'_>, callee: &Callee<'_>, plausible: impl Fn(u64) -> bool) -> Option<Found> {
    let esp = callee.registers.get(x86::ESP)?;
    let ebp = callee.registers.get(x86::EBP);
    let program = match (win.program, win.allocates_base_pointer) {
        (Some(program), _) => program,
        (None, true) => FPO_SAVES_EBP,
        (None, false) => FPO_KEEPS_EBP,
    };
    // `@` aligns the stack: then only ebp knows where the frame begins.
    let aligned_frame = win.program.is_some() && program.contains(&b'@');
    let place = match ebp {
        Some(ebp) if aligned_frame => Place { at: ebp.wrapping_add(4), callee_params: callee.callee_params },
        _ => search(esp, win, callee, &plausible),
    };
    let search_start = place.at;
    let mut machine = Dictionary { memory: callee.memory, entries: Vec::with_capacity(16) };
    machine.put(b"$esp", esp);
    if let Some(ebp) = ebp {
        machine.put(b"$ebp", ebp);
    }
    if let Some(ebx) = callee.registers.get(x86::EBX) {
        machine.put(b"$ebx", ebx);
    }
    machine.put(b".cbParams", u64::from(win.param_size));
    machine.put(b".cbCalleeParams", u64::from(place.callee_params));
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
    Some(Found { caller, search_start })
}

/// Where the return address lies.
struct Place {
    at: u64,
    /// Bytes of the callee's parameters below the frame that the record describes.
    callee_params: u32,
}

/// The computed place, or the first of a few words near it that holds a plausible return address.
fn search(esp: u64, win: &StackWin<'_>, callee: &Callee<'_>, plausible: &impl Fn(u64) -> bool) -> Place {
    let word = |at: u64| callee.memory.word(at, Arch::X86);
    let is_return = |at: &u64| word(*at).is_some_and(plausible);
    let frame = u64::from(win.locals_size) + u64::from(win.saved_regs_size);
    let within = esp.wrapping_add(frame) & 0xffff_ffff;
    let mut from = within.wrapping_add(u64::from(callee.callee_params)) & 0xffff_ffff;
    // A system call stub that has returned leaves its return address, which is eip, below the stack pointer's
    // frame; it is not the caller's (sighted in ntdll's KiFastSystemCallRet by Breakpad).
    if callee.first && win.kind == 0 && word(from) == callee.registers.get(x86::EIP) {
        from = from.wrapping_add(4);
    }
    // Clang without optimisation makes room for parameters once, in the prologue, instead of pushing them: then they are
    // among the locals already.
    if callee.callee_params != 0 && !is_return(&from) && is_return(&within) {
        return Place { at: within, callee_params: 0 };
    }
    let at = (0..SEARCH_WORDS).map(|i| from.wrapping_add(i * 4)).find(is_return).unwrap_or(from);
    Place { at, callee_params: callee.callee_params }
}

/// The variables of a program. A program has a handful; the bound on tokens bounds the list.
struct Dictionary<'a> {
    memory: &'a Memory<'a>,
    entries: Vec<(Cow<'a, [u8]>, u64)>,
}

impl Dictionary<'_> {
    fn put(&mut self, name: &'static [u8], value: u64) {
        self.entries.push((Cow::Borrowed(name), value));
    }
}

impl Machine for Dictionary<'_> {
    fn get(&self, name: &[u8]) -> Option<u64> {
        self.entries.iter().rev().find(|(n, _)| **n == *name).map(|(_, v)| *v)
    }
    fn set(&mut self, name: &[u8], value: u64) -> bool {
        self.entries.push((Cow::Owned(name.to_vec()), value));
        name.starts_with(b"$")
    }
    fn load(&self, address: u64) -> Option<u64> {
        self.memory.word(address, Arch::X86)
    }
    fn mask(&self) -> u64 {
        0xffff_ffff
    }
}
