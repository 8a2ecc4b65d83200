//! What Linux stores for a signal handler: `siginfo_t`, then `ucontext_t`.

use vocabulary::{Reg, Registers, arm64};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;
use crate::signal_frame::{self, Layout};

/// From the stack pointer to `ucontext_t`.
const CONTEXT: u64 = 128;
/// From `ucontext_t` to the registers x0 to x30, SP, PC and PSTATE in a row.
const REGISTERS: u64 = 184;
/// From the stack pointer to the frame record that the kernel adds behind its frame, if that has no extensions.
const RECORD: u64 = 4688;

const ORDER: [(Reg, u64); 33] = {
    let mut order = [(0, 0); 33];
    let mut i = 0;
    while i < order.len() {
        order[i] = (i as Reg, 8 * i as u64);
        i += 1;
    }
    order
};
/// PSTATE: exception level 0, 64 bit.
const LAYOUT: Layout = Layout { registers: &ORDER, status: (8 * 33, 0xffff_ffff_0000_001f, 0) };

/// The interrupted registers. The stack pointer is where the frame begins, unless it came from a frame record.
pub(crate) fn interrupted<A: Architecture, P: Process>(trampoline: &Callee<'_, '_, A, P>) -> Option<Registers> {
    let by_record = trampoline.registers.get(arm64::FP).and_then(|fp| fp.checked_sub(RECORD));
    [Some(trampoline.registers.sp()), by_record].into_iter().flatten().find_map(|frame| {
        let context = frame.checked_add(CONTEXT)?;
        // Neither flags nor a link to another context.
        let plain = trampoline.word(context)? == 0 && trampoline.word(context + 8)? == 0;
        plain.then(|| signal_frame::read(trampoline, context.checked_add(REGISTERS)?, &LAYOUT)).flatten()
    })
}
