//! One shape for the integer registers of every architecture.
//!
//! Walking a stack needs the general registers, the stack pointer and the program counter, each with
//! "is it known?". A fixed array with a bit per register serves all architectures without allocation.

use crate::arch::Arch;

/// Index of a register in [`Registers`]; see the `names` of the architecture.
pub type Reg = u8;

/// Numbers of the x86 registers.
pub mod x86 {
    #![allow(missing_docs, reason = "the names are the architecture's own")]
    use super::Reg;
    pub const EAX: Reg = 0;
    pub const ECX: Reg = 1;
    pub const EDX: Reg = 2;
    pub const EBX: Reg = 3;
    pub const ESP: Reg = 4;
    pub const EBP: Reg = 5;
    pub const ESI: Reg = 6;
    pub const EDI: Reg = 7;
    pub const EIP: Reg = 8;
    pub const NAMES: &[&str] = &["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip"];
}

/// Numbers of the x86-64 registers.
pub mod amd64 {
    #![allow(missing_docs, reason = "the names are the architecture's own")]
    use super::Reg;
    pub const RAX: Reg = 0;
    pub const RDX: Reg = 1;
    pub const RCX: Reg = 2;
    pub const RBX: Reg = 3;
    pub const RSI: Reg = 4;
    pub const RDI: Reg = 5;
    pub const RBP: Reg = 6;
    pub const RSP: Reg = 7;
    pub const R8: Reg = 8;
    pub const R12: Reg = 12;
    pub const R15: Reg = 15;
    pub const RIP: Reg = 16;
    pub const NAMES: &[&str] = &[
        "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        "rip",
    ];
}

/// Numbers of the 32-bit ARM registers.
pub mod arm {
    #![allow(missing_docs, reason = "the names are the architecture's own")]
    use super::Reg;
    pub const R4: Reg = 4;
    pub const R7: Reg = 7;
    pub const FP: Reg = 11;
    pub const SP: Reg = 13;
    pub const LR: Reg = 14;
    pub const PC: Reg = 15;
    /// The status register. It is stored with the registers, and reports do not print it. Bit 5 states that the code is Thumb.
    pub const CPSR: Reg = 16;
    pub const NAMES: &[&str] =
        &["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "fp", "r12", "sp", "lr", "pc"];
}

/// Numbers of the 64-bit ARM registers.
pub mod arm64 {
    #![allow(missing_docs, reason = "the names are the architecture's own")]
    use super::Reg;
    pub const X0: Reg = 0;
    pub const X19: Reg = 19;
    pub const FP: Reg = 29;
    pub const LR: Reg = 30;
    pub const SP: Reg = 31;
    pub const PC: Reg = 32;
    pub const NAMES: &[&str] = &[
        "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
        "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "fp", "lr", "sp", "pc",
    ];
}

impl Arch {
    /// Register names in the order of their numbers, as reports print them.
    #[must_use]
    pub const fn register_names(self) -> &'static [&'static str] {
        match self {
            Self::X86 => x86::NAMES,
            Self::Amd64 => amd64::NAMES,
            Self::Arm => arm::NAMES,
            Self::Arm64 | Self::Arm64e | Self::Arm64_32 => arm64::NAMES,
        }
    }

    /// The program counter's number.
    #[must_use]
    pub const fn pc(self) -> Reg {
        match self {
            Self::X86 => x86::EIP,
            Self::Amd64 => amd64::RIP,
            Self::Arm => arm::PC,
            Self::Arm64 | Self::Arm64e | Self::Arm64_32 => arm64::PC,
        }
    }

    /// The stack pointer's number.
    #[must_use]
    pub const fn sp(self) -> Reg {
        match self {
            Self::X86 => x86::ESP,
            Self::Amd64 => amd64::RSP,
            Self::Arm => arm::SP,
            Self::Arm64 | Self::Arm64e | Self::Arm64_32 => arm64::SP,
        }
    }
}

/// Integer registers of one frame. A register whose bit in `valid` is clear is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registers {
    /// Which numbering `values` follows.
    pub arch: Arch,
    /// Bit `r` says whether `values[r]` is known.
    pub valid: u64,
    values: [u64; 33],
}

impl Registers {
    /// No register known.
    #[must_use]
    pub const fn new(arch: Arch) -> Self {
        Self { arch, valid: 0, values: [0; 33] }
    }

    /// The value, if known. A number outside the architecture is unknown.
    #[must_use]
    pub fn get(&self, reg: Reg) -> Option<u64> {
        let value = *self.values.get(usize::from(reg))?;
        (self.valid >> reg & 1 == 1).then_some(value)
    }

    /// Make a register known; the value is cut to the machine's word.
    pub fn set(&mut self, reg: Reg, value: u64) {
        if let Some(slot) = self.values.get_mut(usize::from(reg)) {
            *slot = value & self.arch.word_mask();
            self.valid |= 1 << reg;
        }
    }

    /// Make a register unknown.
    pub fn forget(&mut self, reg: Reg) {
        if usize::from(reg) < self.values.len() {
            self.valid &= !(1 << reg);
        }
    }

    /// The program counter, 0 if unknown.
    #[must_use]
    pub fn pc(&self) -> u64 {
        self.get(self.arch.pc()).unwrap_or(0)
    }

    /// The stack pointer, 0 if unknown.
    #[must_use]
    pub fn sp(&self) -> u64 {
        self.get(self.arch.sp()).unwrap_or(0)
    }

    /// Known registers with their names, in the order of their numbers.
    pub fn known(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.arch
            .register_names()
            .iter()
            .enumerate()
            .filter(|(i, _)| self.valid >> i & 1 == 1)
            .map(|(i, name)| (*name, self.values[i]))
    }
}
