//! What Linux stores for a signal handler: `ucontext_t`, with `siginfo_t` before it if the handler takes that.

use vocabulary::{Reg, Registers};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;
use crate::signal_frame::{self, Layout};

/// From the stack pointer to `ucontext_t`, without and with `siginfo_t`.
const CONTEXTS: [u64; 2] = [0, 128];
/// From `ucontext_t` to the registers r0 to r15 and CPSR in a row; that is also how they are numbered.
const REGISTERS: u64 = 32;

const ORDER: [(Reg, u64); 17] = {
    let mut order = [(0, 0); 17];
    let mut i = 0;
    while i < order.len() {
        order[i] = (i as Reg, 4 * i as u64);
        i += 1;
    }
    order
};
/// CPSR: user mode, interrupts enabled, little-endian, nothing in the reserved bits.
const LAYOUT: Layout = Layout { registers: &ORDER, status: (4 * 16, 0x01f0_03df, 0x10) };
/// Flags of `ucontext_t`, with `siginfo_t` and without.
const FLAGS: [u64; 2] = [0, 0x5ac3_c35a];
/// From `ucontext_t` to the number of the processor's exception, and the highest that Linux has.
const TRAP: (u64, u64) = (20, 20);

/// The interrupted registers.
pub(crate) fn interrupted<A: Architecture, P: Process>(trampoline: &Callee<'_, '_, A, P>) -> Option<Registers> {
    let sp = trampoline.registers.sp();
    CONTEXTS.into_iter().find_map(|at| {
        let context = sp.checked_add(at)?;
        let known =
            FLAGS.contains(&trampoline.word(context)?) && trampoline.word(context.checked_add(TRAP.0)?)? <= TRAP.1;
        known.then(|| signal_frame::read(trampoline, context.checked_add(REGISTERS)?, &LAYOUT)).flatten()
    })
}
