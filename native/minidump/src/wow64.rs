//! 32-bit processes of 64-bit Windows in dumps that a 64-bit program wrote.
//!
//! Such a dump has the 64-bit registers of every thread. A thread that was in 32-bit code has them in the lower halves;
//! one that was in a system call is in the layer between the two worlds, and its 32-bit registers are where that layer
//! keeps them: a slot of the 64-bit thread block points to them.

use vocabulary::Os;
use vocabulary::path::leaf;
use vocabulary::{Arch, Registers, amd64, x86};

use crate::context::Context;
use crate::dump::Dump;
use crate::faults::Fault;
use crate::kind;
use crate::streams::threads::Thread;

/// From a 64-bit thread block to the slot with the layer's state: the second of `TlsSlots`.
const STATE: u64 = 0x1480 + 8;
/// From the state to the context: two words with flags and the machine's type.
const CONTEXT: u64 = 4;
/// Size of an x86 context without extended state.
const CONTEXT_SIZE: usize = 716;
/// The selector of 32-bit user code.
const CODE_32: u16 = 0x23;

const REGISTERS: [(u8, u8); 9] = [
    (amd64::RAX, x86::EAX),
    (amd64::RBX, x86::EBX),
    (amd64::RCX, x86::ECX),
    (amd64::RDX, x86::EDX),
    (amd64::RSI, x86::ESI),
    (amd64::RDI, x86::EDI),
    (amd64::RBP, x86::EBP),
    (amd64::RSP, x86::ESP),
    (amd64::RIP, x86::EIP),
];

/// Note how many threads of such a process have no 32-bit stack in the dump: their frames are the layer's.
pub(crate) fn report_missing_stacks(dump: &mut Dump<'_>) {
    if !dump.is_wow64() {
        return;
    }
    let lacks = |(i, thread): &(usize, &Thread)| {
        thread.context.as_ref().is_some_and(|context| dump.wow64_registers(*i, context).is_none())
    };
    let (count, lacking) = (dump.threads.len(), dump.threads.iter().enumerate().filter(lacks).count());
    if lacking > 0 {
        let message = format!(
            "a 32-bit process in a 64-bit dump: {lacking} of {count} threads have no 32-bit stack in it, their frames are \
             those of the 64-bit layer"
        );
        dump.faults.push(Fault { stream: Some(kind::THREAD_LIST), entry: None, offset: 0, message: message.into() });
    }
}

impl Dump<'_> {
    /// Whether this is a 32-bit process of 64-bit Windows, written as a 64-bit one: the layer between the two is
    /// loaded.
    #[must_use]
    pub fn is_wow64(&self) -> bool {
        let is_layer = |name: &str| leaf(name).eq_ignore_ascii_case("wow64.dll");
        self.os() == Os::Windows && self.arch() == Some(Arch::Amd64) && self.modules.iter().any(|m| is_layer(&m.name))
    }

    /// The 32-bit registers of a thread of such a process, whose 64-bit ones are passed. `None` if the dump has not the
    /// memory where they are.
    #[must_use]
    pub fn wow64_registers(&self, thread: usize, context: &Context) -> Option<Registers> {
        if context.registers.arch != Arch::Amd64 {
            return None;
        }
        if context.code_segment == CODE_32 {
            let mut registers = Registers::new(Arch::X86);
            for (wide, narrow) in REGISTERS {
                if let Some(value) = context.registers.get(wide) {
                    registers.set(narrow, value & 0xffff_ffff);
                }
            }
            return Some(registers);
        }
        let teb = self.threads.get(thread)?.teb;
        let state = self.memory.u64_at(teb.checked_add(STATE)?)?;
        let bytes = self.memory.read(state.checked_add(CONTEXT)?, CONTEXT_SIZE)?;
        let registers = Context::parse(bytes, Some(Arch::X86))?.registers;
        let is_stack = self.memory.region_at(registers.sp()).is_some();
        (registers.arch == Arch::X86 && registers.pc() != 0 && is_stack).then_some(registers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::memory::MemoryBuilder;

    const TEB: u64 = 0x7e_0000;
    const STATE_AT: u64 = 0x7f_0000;
    const STACK: u64 = 0x19_0000;

    fn context(code_segment: u16, pc: u64, sp: u64) -> Context {
        let mut registers = Registers::new(Arch::Amd64);
        registers.set(amd64::RIP, pc);
        registers.set(amd64::RSP, sp);
        Context { registers, flags: 0, context_flags: 0x10_000b, code_segment, partial: false }
    }

    /// A dump with a thread in a system call: its thread block, the layer's state and its 32-bit stack.
    fn with_dump(test: impl FnOnce(&mut Dump<'_>)) {
        let mut slots = vec![0; 0x1490];
        slots[0x1488..].copy_from_slice(&STATE_AT.to_le_bytes());
        let mut state = vec![0; 4 + CONTEXT_SIZE];
        state[4..8].copy_from_slice(&0x1_003f_u32.to_le_bytes());
        state[4 + 184..4 + 188].copy_from_slice(&0x77_1234_u32.to_le_bytes());
        state[4 + 196..4 + 200].copy_from_slice(&(STACK as u32 + 8).to_le_bytes());
        let stack = [0; 64];
        let file = minidump_synth::Builder::new().system(9, 2).build();
        let mut dump = Dump::parse(&file).expect("a dump");
        let mut memory = MemoryBuilder::default();
        memory.add(TEB, (&slots).into());
        memory.add(STATE_AT, (&state).into());
        memory.add(STACK, (&stack).into());
        dump.memory = memory.finish();
        dump.threads.push(Thread { teb: TEB, context: Some(context(0x33, 0x77_0000, 0x9_0000)), ..Thread::default() });
        dump.modules.push(crate::Module { name: "C:\\Windows\\System32\\WOW64.dll".into(), ..Default::default() });
        test(&mut dump);
    }

    #[test]
    fn a_thread_in_a_system_call() {
        with_dump(|dump| {
            let registers = dump.wow64_registers(0, &context(0x33, 0x77_0000, 0x9_0000)).expect("registers");
            assert_eq!((registers.arch, registers.pc(), registers.sp()), (Arch::X86, 0x77_1234, STACK + 8));
            assert!(dump.is_wow64());
            report_missing_stacks(dump);
            assert!(dump.faults.is_empty());
        });
    }

    #[test]
    fn a_thread_in_its_own_code() {
        with_dump(|dump| {
            let registers = dump.wow64_registers(0, &context(0x23, 0x40_1000, STACK)).expect("registers");
            assert_eq!((registers.arch, registers.pc(), registers.sp()), (Arch::X86, 0x40_1000, STACK));
        });
    }

    #[test]
    fn what_the_dump_lacks_is_said() {
        with_dump(|dump| {
            dump.threads[0].teb = 0x1000;
            assert_eq!(dump.wow64_registers(0, &context(0x33, 0x77_0000, 0x9_0000)), None);
            report_missing_stacks(dump);
            assert!(dump.faults.iter().any(|fault| fault.message.contains("1 of 1 threads")));
            dump.modules.clear();
            assert!(!dump.is_wow64());
        });
    }
}
