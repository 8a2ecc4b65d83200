//! What Linux stores for a signal handler: its arguments, then the registers; for a handler that takes `siginfo_t` they
//! are in `ucontext_t`, which the third argument points to.

use vocabulary::x86::{EAX, EBP, EBX, ECX, EDI, EDX, EIP, ESI, ESP};
use vocabulary::{Reg, Registers};

use crate::arch::Architecture;
use crate::callee::Callee;
use crate::process::Process;
use crate::signal_frame::{self, Layout};

/// From `ucontext_t` to the registers.
const REGISTERS: u64 = 20;
/// Flags that `ucontext_t` can have.
const FLAGS: u64 = 7;
/// The highest number of a signal.
const MAX_SIGNAL: u64 = 64;

const ORDER: &[(Reg, u64)] =
    &[(EDI, 16), (ESI, 20), (EBP, 24), (ESP, 28), (EBX, 32), (EDX, 36), (ECX, 40), (EAX, 44), (EIP, 56)];
/// The code segment is one of user code: 23h under a 64-bit kernel, 73h under a 32-bit one.
const LAYOUT: Layout = Layout { registers: ORDER, status: (60, 0xffaf, 0x23) };

/// The interrupted registers.
pub(crate) fn interrupted<A: Architecture, P: Process>(trampoline: &Callee<'_, '_, A, P>) -> Option<Registers> {
    let sp = trampoline.registers.sp();
    if !(1..=MAX_SIGNAL).contains(&trampoline.word(sp)?) {
        return None;
    }
    signal_frame::read(trampoline, sp.checked_add(4)?, &LAYOUT).or_else(|| {
        let context = trampoline.word(sp.checked_add(8)?).filter(|&c| c > sp)?;
        let plain = trampoline.word(context)? <= FLAGS && trampoline.word(context.checked_add(4)?)? == 0;
        plain.then(|| signal_frame::read(trampoline, context.checked_add(REGISTERS)?, &LAYOUT)).flatten()
    })
}
