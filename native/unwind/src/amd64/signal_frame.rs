//! What Linux stores for a signal handler: `ucontext_t` where the stack pointer is when the handler has returned.

use vocabulary::amd64::{R8, R12, R15, RAX, RBP, RBX, RCX, RDI, RDX, RIP, RSI, RSP};
use vocabulary::{Reg, Registers};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;
use crate::signal_frame::{self, Layout};

/// From `ucontext_t` to the registers.
const REGISTERS: u64 = 40;
/// Flags that `ucontext_t` can have.
const FLAGS: u64 = 7;

const ORDER: &[(Reg, u64)] = &[
    (R8, 0),
    (R8 + 1, 8),
    (R8 + 2, 16),
    (R8 + 3, 24),
    (R12, 32),
    (R12 + 1, 40),
    (R12 + 2, 48),
    (R15, 56),
    (RDI, 64),
    (RSI, 72),
    (RBP, 80),
    (RBX, 88),
    (RDX, 96),
    (RAX, 104),
    (RCX, 112),
    (RSP, 120),
    (RIP, 128),
];
/// The code segment is that of 64-bit user code.
const LAYOUT: Layout = Layout { registers: ORDER, status: (144, 0xffff, 0x33) };

/// The interrupted registers.
pub(crate) fn interrupted<A: Architecture, P: Process>(trampoline: &Callee<'_, '_, A, P>) -> Option<Registers> {
    let context = trampoline.registers.sp();
    let plain = trampoline.word(context)? <= FLAGS && trampoline.word(context.checked_add(8)?)? == 0;
    plain.then(|| signal_frame::read(trampoline, context.checked_add(REGISTERS)?, &LAYOUT)).flatten()
}
