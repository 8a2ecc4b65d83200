//! A frame with a stack of random words.

use unwind::UnwindState;
use vocabulary::{Arch, Reg, Registers};

/// Where the stack is, and its bytes.
const STACK: u64 = 0x7000_0000;
const SIZE: usize = 1 << 18;

/// Random numbers (xorshift).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// A frame.
pub(crate) struct Frame {
    pub(crate) registers: Registers,
    pub(crate) is_exact: bool,
    stack: Vec<u8>,
}

impl Frame {
    /// A frame whose registers all point to different places of the stack.
    pub(crate) fn new(arch: Arch) -> Self {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let stack = (0..SIZE / 8).flat_map(|_| random.next().to_le_bytes()).collect();
        let mut registers = Registers::new(arch);
        for register in 0..arch.register_names().len() as Reg {
            registers.set(register, STACK + 0x4000 + 0x1000 * u64::from(register));
        }
        registers.set(arch.sp(), STACK + 0x2000);
        Self { registers, is_exact: true, stack }
    }
}

impl UnwindState for Frame {
    fn registers(&self) -> &Registers {
        &self.registers
    }

    fn word(&self, address: u64) -> Option<u64> {
        let bytes = self.bytes(address, self.registers.arch.pointer_size() as usize)?;
        Some(bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
    }

    fn bytes(&self, address: u64, length: usize) -> Option<&[u8]> {
        let at = usize::try_from(address.checked_sub(STACK)?).ok()?;
        self.stack.get(at..at.checked_add(length)?)
    }

    fn is_exact(&self) -> bool {
        self.is_exact
    }

    fn preserved(&self) -> &'static [Reg] {
        match self.registers.arch {
            Arch::Arm => &[4, 5, 6, 7, 8, 9, 10, 11],
            Arch::Amd64 => &[3, 6, 12, 13, 14, 15],
            Arch::X86 => &[3, 5, 6, 7],
            Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32 => &[19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
        }
    }

    fn callee_parameters(&self) -> u32 {
        0
    }

    fn may_be_return_address(&self, _: u64) -> bool {
        true
    }
}
