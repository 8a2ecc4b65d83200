//! What an instruction does, as far as it matters to the stack.

/// The stack pointer, link register and program counter.
pub(super) const SP: u8 = 13;
pub(super) const LR: u8 = 14;
pub(super) const PC: u8 = 15;

/// A decoded instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    /// Its bytes: 2 or 4.
    pub(super) length: u8,
    /// Whether it has a condition of its own, so that it may do nothing.
    pub(super) is_conditional: bool,
    pub(super) effect: Effect,
}

/// A transfer of a register to or from memory at a register plus an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) base: u8,
    pub(super) offset: i32,
    /// What is added to the base register.
    pub(super) written_back: i32,
    pub(super) is_load: bool,
}

/// What an instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing of interest.
    Nothing,
    /// `to` = `from` + `value`.
    Add { to: u8, from: u8, value: i32 },
    /// `to` = `from` ± `other`.
    AddRegister { to: u8, from: u8, other: u8, is_subtraction: bool },
    /// `to` = `value`.
    Constant { to: u8, value: u32 },
    /// The upper half of `to` = `value`.
    ConstantTop { to: u8, value: u16 },
    /// `to` = the word of code at an address.
    Literal { to: u8, at: u32 },
    /// The registers in the mask are overwritten.
    Overwrite(u16),
    /// One register, or two in a row in memory.
    Words { registers: [Option<u8>; 2], transfer: Transfer },
    /// The registers in the mask, the lowest at the lowest address. The transfer's offset is that of the lowest.
    Block { mask: u16, transfer: Transfer },
    /// A call: it returns.
    Call,
    /// A branch.
    Branch { to: u32, is_conditional: bool },
    /// A register is compared with a constant.
    Compare { value: u32 },
    /// A branch by a table behind it, of bytes or half words, whose entries count half words.
    Table { at: u32, entry: u8 },
    /// A branch into a row of branches behind it.
    TableOfBranches { at: u32 },
    /// So many instructions from the next on are conditional.
    IfThen(u8),
    /// Nothing follows: a return, a branch to anywhere, a trap.
    End,
}

/// The mask of one register.
pub(super) const fn only(register: u8) -> u16 {
    1 << (register & 15)
}

/// Registers overwritten; a write to the program counter is a branch to anywhere.
pub(super) const fn overwrite(mask: u16) -> Effect {
    if mask & only(PC) != 0 { Effect::End } else { Effect::Overwrite(mask) }
}
