//! What is known of registers and the stack at one instruction of a function.

use super::effect::{Effect, LR, PC, SP, Transfer, only};

/// What a register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Anything.
    Unknown,
    /// What a register held when the function was entered.
    Entry(u8),
    /// The stack pointer when the function was entered, plus so much: an address on the stack.
    Stack(i32),
    /// A constant.
    Constant(u32),
}

/// Registers that are saved: r4 to r11 and lr, and a few more.
const MAX_SAVED: usize = 24;
/// The largest distance on a stack that is accepted; what is farther is unknown.
const FARTHEST: u32 = 1 << 26;

/// What is known at one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    registers: [Value; 16],
    /// Words on the stack, by their distance from the stack pointer at entry, with the registers whose first values they hold.
    saved: [(i32, u8); MAX_SAVED],
    count: usize,
}

impl State {
    /// At the first instruction.
    pub(super) fn at_entry() -> Self {
        let mut registers: [Value; 16] = std::array::from_fn(|number| Value::Entry(number as u8));
        registers[usize::from(SP)] = Value::Stack(0);
        registers[usize::from(PC)] = Value::Unknown;
        Self { registers, saved: [(0, 0); MAX_SAVED], count: 0 }
    }

    /// What a register holds.
    pub(crate) fn get(&self, register: u8) -> Value {
        self.registers.get(usize::from(register)).copied().unwrap_or(Value::Unknown)
    }

    /// Where on the stack the value is that a register held at entry, by the distance from the stack pointer at entry.
    pub(crate) fn saved(&self, register: u8) -> Option<i32> {
        self.words().iter().find(|(_, saved)| *saved == register).map(|(at, _)| *at)
    }

    fn words(&self) -> &[(i32, u8)] {
        self.saved.get(..self.count).unwrap_or_default()
    }

    fn set(&mut self, register: u8, value: Value) {
        let value = match value {
            Value::Stack(distance) if distance.unsigned_abs() > FARTHEST => Value::Unknown,
            _ => value,
        };
        if register == SP
            && let Value::Stack(top) = value
        {
            // What is below the stack pointer may be overwritten at any time.
            self.retain(|at| at >= top);
        }
        if let Some(slot) = self.registers.get_mut(usize::from(register)) {
            *slot = value;
        }
    }

    fn retain(&mut self, keep: impl Fn(i32) -> bool) {
        let mut kept = 0;
        for index in 0..self.count {
            if let Some(&word) = self.saved.get(index)
                && keep(word.0)
            {
                if let Some(slot) = self.saved.get_mut(kept) {
                    *slot = word;
                }
                kept += 1;
            }
        }
        self.count = kept;
    }

    fn store(&mut self, at: i32, value: Value) {
        self.retain(|other| other != at);
        if let Value::Entry(register) = value
            && let Some(slot) = self.saved.get_mut(self.count)
        {
            *slot = (at, register);
            self.count += 1;
        }
    }

    fn load(&self, at: i32) -> Value {
        let found = self.words().iter().find(|(other, _)| *other == at);
        found.map_or(Value::Unknown, |(_, register)| Value::Entry(*register))
    }

    /// Whether what an instruction writes matters so much that a doubt about it must not be overlooked.
    pub(super) fn moves_stack(effect: &Effect) -> bool {
        match *effect {
            Effect::Add { to, .. } | Effect::AddRegister { to, .. } | Effect::Constant { to, .. } => to == SP,
            Effect::Overwrite(mask) => mask & only(SP) != 0,
            Effect::Words { transfer, .. } | Effect::Block { transfer, .. } => {
                transfer.base == SP && transfer.written_back != 0
            }
            _ => false,
        }
    }

    /// Apply what an instruction does to registers and the stack.
    pub(super) fn apply(&mut self, effect: &Effect, literal: impl Fn(u32) -> Option<u32>) {
        match *effect {
            Effect::Add { to, from, value } => self.set(to, added(self.get(from), value)),
            Effect::AddRegister { to, from, other, is_subtraction } => {
                let value = match (self.get(from), self.get(other)) {
                    (value, Value::Constant(constant)) if is_subtraction => {
                        added(value, constant.cast_signed().wrapping_neg())
                    }
                    (value, Value::Constant(constant)) => added(value, constant.cast_signed()),
                    (Value::Constant(constant), value) if !is_subtraction => added(value, constant.cast_signed()),
                    _ => Value::Unknown,
                };
                self.set(to, value);
            }
            Effect::Constant { to, value } => self.set(to, Value::Constant(value)),
            Effect::ConstantTop { to, value } => {
                let value = match self.get(to) {
                    Value::Constant(low) => Value::Constant(low & 0xffff | u32::from(value) << 16),
                    _ => Value::Unknown,
                };
                self.set(to, value);
            }
            Effect::Literal { to, at } => self.set(to, literal(at).map_or(Value::Unknown, Value::Constant)),
            Effect::Overwrite(mask) => self.overwrite(mask),
            Effect::Words { registers, transfer } => {
                let listed = registers.into_iter().flatten().zip([0, 4]);
                self.transfer(listed, transfer);
            }
            Effect::Block { mask, transfer } => {
                let listed = (0..16).filter(|&register| mask & only(register) != 0).zip((0..).step_by(4));
                self.transfer(listed, transfer);
            }
            // What a call may change: r0 to r3, r12, lr.
            Effect::Call => self.overwrite(0x500f),
            _ => {}
        }
    }

    fn overwrite(&mut self, mask: u16) {
        for register in (0..16).filter(|&register| mask & only(register) != 0) {
            self.set(register, Value::Unknown);
        }
    }

    fn transfer(&mut self, listed: impl Iterator<Item = (u8, i32)>, transfer: Transfer) {
        let Transfer { base, offset, written_back, is_load } = transfer;
        let before = self.get(base);
        // A store below the stack pointer comes with a move of it.
        let mut loaded = 0;
        let mut values = [Value::Unknown; 16];
        for (register, distance) in listed {
            let Value::Stack(at) = added(before, offset.wrapping_add(distance)) else {
                loaded |= if is_load { only(register) } else { 0 };
                continue;
            };
            if is_load {
                loaded |= only(register);
                if let Some(slot) = values.get_mut(usize::from(register)) {
                    *slot = self.load(at);
                }
            } else {
                self.store(at, self.get(register));
            }
        }
        if written_back != 0 {
            self.set(base, added(before, written_back));
        }
        for register in (0..16).filter(|&register| loaded & only(register) != 0) {
            self.set(register, values.get(usize::from(register)).copied().unwrap_or(Value::Unknown));
        }
    }

    /// The register that holds the return address as it was at entry, if it is in one.
    pub(crate) fn link(&self) -> Option<u8> {
        let others = (0..13).filter(|&register| self.get(register) == Value::Entry(LR));
        std::iter::once(LR).filter(|&link| self.get(link) == Value::Entry(LR)).chain(others).next()
    }

    /// A register with an address on the stack, and the stack pointer's value at entry minus that address: the stack pointer if it is
    /// known, else a frame pointer.
    pub(crate) fn anchor(&self) -> Option<(u8, i32)> {
        let candidates = [SP, 7, 11, 4, 5, 6, 8, 9, 10];
        candidates.into_iter().find_map(|register| match self.get(register) {
            Value::Stack(distance) => Some((register, -distance)),
            _ => None,
        })
    }
}

fn added(value: Value, to: i32) -> Value {
    match value {
        Value::Stack(distance) => distance.checked_add(to).map_or(Value::Unknown, Value::Stack),
        Value::Constant(constant) => Value::Constant(constant.wrapping_add_signed(to)),
        Value::Entry(_) if to == 0 => value,
        Value::Entry(_) | Value::Unknown => Value::Unknown,
    }
}
