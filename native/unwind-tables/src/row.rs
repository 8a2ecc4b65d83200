//! Rules that state where a frame's values lie: what most tables come to, whatever their form.

use unwind::{UnwindState, Unwound};
use vocabulary::{Arch, Reg, Registers, amd64, arm64};

/// Registers of an architecture, at most.
const REGISTERS: usize = 33;

/// A place relative to a register of the frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The register.
    pub base: Reg,
    /// Bytes from its value.
    pub offset: i64,
}

impl Place {
    /// The address, if the register is known.
    fn address(self, registers: &Registers) -> Option<u64> {
        registers.get(self.base)?.checked_add_signed(self.offset)
    }
}

/// Where the return address is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReturnAddress {
    /// In memory.
    Stored(Place),
    /// Still in a register.
    Register(Reg),
}

/// From the registers of a frame to those of its caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The caller's stack pointer: the canonical frame address.
    pub cfa: Place,
    /// Where the return address is.
    pub return_address: ReturnAddress,
    /// Where registers of the caller are stored.
    saved: [Option<Place>; REGISTERS],
}

impl Row {
    /// The rules of a function that has done nothing yet.
    #[must_use]
    pub const fn at_entry(arch: Arch) -> Self {
        let (sp, word) = (arch.sp(), 8);
        match arch {
            Arch::Amd64 => {
                Self::new(Place { base: sp, offset: word }, ReturnAddress::Stored(Place { base: sp, offset: 0 }))
            }
            Arch::X86 => Self::new(Place { base: sp, offset: 4 }, ReturnAddress::Stored(Place { base: sp, offset: 0 })),
            Arch::Arm => Self::new(Place { base: sp, offset: 0 }, ReturnAddress::Register(vocabulary::arm::LR)),
            Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32 => {
                Self::new(Place { base: sp, offset: 0 }, ReturnAddress::Register(arm64::LR))
            }
        }
    }

    /// Rules without saved registers.
    #[must_use]
    pub const fn new(cfa: Place, return_address: ReturnAddress) -> Self {
        Self { cfa, return_address, saved: [None; REGISTERS] }
    }

    /// State where a register is stored. A number that no architecture has is ignored.
    pub fn save(&mut self, register: Reg, place: Place) {
        if let Some(slot) = self.saved.get_mut(usize::from(register)) {
            *slot = Some(place);
        }
    }

    /// Where a register is stored.
    #[must_use]
    pub fn saved(&self, register: Reg) -> Option<Place> {
        self.saved.get(usize::from(register)).copied().flatten()
    }

    /// The registers that are stored, in the order of their numbers.
    pub fn all_saved(&self) -> impl Iterator<Item = (Reg, Place)> + '_ {
        (0..).zip(&self.saved).filter_map(|(register, place)| Some((register, (*place)?)))
    }

    /// The caller's registers.
    pub fn apply(&self, callee: &impl UnwindState) -> Unwound {
        self.caller(callee).map_or(Unwound::Failed, Unwound::Caller)
    }

    fn caller(&self, callee: &impl UnwindState) -> Option<Registers> {
        let registers = callee.registers();
        let arch = registers.arch;
        let cfa = self.cfa.address(registers)?;
        let mut caller = Registers::new(arch);
        for &register in callee.preserved() {
            if let Some(value) = registers.get(register) {
                caller.set(register, value);
            }
        }
        self.restore(callee, &mut caller);
        let return_address = match self.return_address {
            ReturnAddress::Stored(place) => callee.word(place.address(registers)?)?,
            ReturnAddress::Register(register) => registers.get(register)?,
        };
        if matches!(arch, Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32) {
            // The call overwrote what it held before.
            caller.forget(arm64::LR);
        }
        caller.set(arch.sp(), cfa);
        caller.set(arch.pc(), return_address);
        Some(caller)
    }

    /// Read the saved registers. One that cannot be read is unknown in the caller.
    pub(crate) fn restore(&self, callee: &impl UnwindState, caller: &mut Registers) {
        let registers = callee.registers();
        for (register, place) in self.all_saved() {
            match place.address(registers).and_then(|address| callee.word(address)) {
                Some(value) => caller.set(register, value),
                None => caller.forget(register),
            }
        }
    }
}

/// The number of an x86-64 register from that in machine code: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.
#[must_use]
pub(crate) const fn amd64_register(code: u8) -> Reg {
    match code & 15 {
        0 => amd64::RAX,
        1 => amd64::RCX,
        2 => amd64::RDX,
        3 => amd64::RBX,
        4 => amd64::RSP,
        5 => amd64::RBP,
        6 => amd64::RSI,
        7 => amd64::RDI,
        high => high,
    }
}
