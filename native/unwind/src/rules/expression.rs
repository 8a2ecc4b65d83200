//! The expressions of `STACK CFI` rules, compiled: the postfix language without assignments, whose names are registers.
//!
//! Nearly all expressions are a register or the CFA with an offset, or the word of memory there.

use vocabulary::{Arch, Reg};

use super::postfix::{self, MAX_DEPTH, MAX_TOKENS};
use super::register_name::register;
use crate::unwind_source::UnwindState;

/// A compiled expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// A value and an offset.
    Sum(Base, u64),
    /// The word of memory at a value and an offset.
    Load(Base, u64),
    /// Anything else.
    Code(Box<[Step]>),
    /// It has no value, whatever the registers are.
    Invalid,
}

/// What an offset is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// The canonical frame address; it has no value in its own rule.
    Cfa,
    /// A register of the callee.
    Register(Reg),
}

/// A step of a stack machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Number(u64),
    Base(Base),
    Binary(u8),
    Load,
}

impl Expression {
    /// Compile the text of an expression.
    pub(super) fn compile(arch: Arch, text: &[u8]) -> Self {
        let mask = arch.word_mask();
        let mut steps = Vec::new();
        let mut depth = 0_usize;
        for (count, token) in postfix::tokens(text).enumerate() {
            let step = match token {
                _ if count >= MAX_TOKENS => return Self::Invalid,
                b"+" | b"-" | b"*" | b"/" | b"%" | b"@" if depth >= 2 => Step::Binary(token[0]),
                b"^" if depth >= 1 => Step::Load,
                // Nothing can be assigned to.
                b"+" | b"-" | b"*" | b"/" | b"%" | b"@" | b"^" | b"=" => return Self::Invalid,
                b".cfa" => Step::Base(Base::Cfa),
                _ => match (postfix::literal(token), register(arch, token)) {
                    (Some(number), _) => Step::Number(number & mask),
                    (None, Some(register)) => Step::Base(Base::Register(register)),
                    (None, None) => return Self::Invalid,
                },
            };
            match step {
                Step::Number(_) | Step::Base(_) => depth += 1,
                Step::Binary(_) => depth -= 1,
                Step::Load => {}
            }
            if depth > MAX_DEPTH {
                return Self::Invalid;
            }
            steps.push(step);
        }
        match *steps {
            _ if depth != 1 => Self::Invalid,
            [Step::Base(base), Step::Number(offset), Step::Binary(b'+')] => Self::Sum(base, offset),
            [Step::Base(base), Step::Number(offset), Step::Binary(b'-')] => Self::Sum(base, offset.wrapping_neg()),
            [Step::Base(base), Step::Number(offset), Step::Binary(b'+'), Step::Load] => Self::Load(base, offset),
            [Step::Base(base), Step::Number(offset), Step::Binary(b'-'), Step::Load] => {
                Self::Load(base, offset.wrapping_neg())
            }
            _ => Self::Code(steps.into()),
        }
    }

    /// The value for a callee, with the CFA if that is known. `None`: a register or memory is unknown, or nothing was divided by
    /// zero but a number.
    #[inline]
    pub(super) fn value(&self, callee: &impl UnwindState, cfa: Option<u64>) -> Option<u64> {
        let registers = callee.registers();
        let get = |base: Base| match base {
            Base::Cfa => cfa,
            Base::Register(register) => registers.get(register),
        };
        let mask = registers.arch.word_mask();
        match self {
            Self::Sum(base, offset) => Some(get(*base)?.wrapping_add(*offset) & mask),
            Self::Load(base, offset) => callee.word(get(*base)?.wrapping_add(*offset) & mask),
            Self::Code(steps) => run(steps, callee, get, mask),
            Self::Invalid => None,
        }
    }

    /// Bytes of memory beside the expression's own.
    pub(super) fn heap_bytes(&self) -> usize {
        if let Self::Code(steps) = self { size_of_val::<[Step]>(steps) } else { 0 }
    }
}

/// Run the steps. Compiling has checked that the stack neither overflows nor lacks a value.
fn run(steps: &[Step], callee: &impl UnwindState, get: impl Fn(Base) -> Option<u64>, mask: u64) -> Option<u64> {
    let mut stack = [0_u64; MAX_DEPTH];
    let mut depth = 0_usize;
    for step in steps {
        match *step {
            Step::Number(number) => {
                *stack.get_mut(depth)? = number;
                depth += 1;
            }
            Step::Base(base) => {
                *stack.get_mut(depth)? = get(base)?;
                depth += 1;
            }
            Step::Binary(operator) => {
                let b = *stack.get(depth.checked_sub(1)?)?;
                let a = stack.get_mut(depth.checked_sub(2)?)?;
                *a = postfix::binary(operator, *a, b)? & mask;
                depth -= 1;
            }
            Step::Load => {
                let top = stack.get_mut(depth.checked_sub(1)?)?;
                *top = callee.word(*top)?;
            }
        }
    }
    stack.first().copied()
}
