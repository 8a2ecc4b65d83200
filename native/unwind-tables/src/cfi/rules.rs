//! The rules that hold at an address, as `STACK CFI` states them.

use std::io::Write as _;

use vocabulary::{Arch, Reg};

use crate::row::{Place, ReturnAddress, Row};

/// Registers of an architecture, at most.
const REGISTERS: usize = 33;

/// How a value of the caller is computed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    /// In memory, so many bytes from the canonical frame address.
    AtCfa(i64),
    /// So many bytes from the canonical frame address.
    Cfa(i64),
    /// In memory, so many bytes from a register.
    At(Place),
    /// So many bytes from a register.
    Sum(Place),
    /// By a program of Breakpad's.
    Program(Vec<u8>),
    /// It cannot be recovered; for the return address: there is no caller.
    Undefined,
}

/// Rules for the canonical frame address, the return address and registers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rules {
    pub(crate) cfa: Value,
    pub(crate) return_address: Value,
    registers: [Option<Value>; REGISTERS],
}

impl Rules {
    pub(crate) const fn new(cfa: Value, return_address: Value) -> Self {
        Self { cfa, return_address, registers: [const { None }; REGISTERS] }
    }

    /// State the value of a register.
    pub(crate) fn set(&mut self, register: Reg, value: Value) {
        if let Some(slot) = self.registers.get_mut(usize::from(register)) {
            *slot = Some(value);
        }
    }

    /// The rules of a row.
    pub(crate) fn of(row: &Row) -> Self {
        let stored = |place: Place| match place.base == row.cfa.base {
            true => Value::AtCfa(place.offset.saturating_sub(row.cfa.offset)),
            false => Value::At(place),
        };
        let return_address = match row.return_address {
            ReturnAddress::Stored(place) => stored(place),
            ReturnAddress::Register(base) => Value::Sum(Place { base, offset: 0 }),
        };
        let mut rules = Self::new(Value::Sum(row.cfa), return_address);
        for (register, place) in row.all_saved() {
            rules.set(register, stored(place));
        }
        // The return address is stated; on ARM the register that it is in is not preserved.
        if let ReturnAddress::Stored(link) = row.return_address
            && let Some(slot) = rules.registers.iter_mut().find(|slot| **slot == Some(stored(link)))
        {
            *slot = None;
        }
        rules
    }

    /// Append the rules that are not `before`, or all.
    pub(crate) fn write(&self, arch: Arch, before: Option<&Self>, out: &mut Vec<u8>) {
        let mut rule = |name: &[u8], value: &Value, old: Option<&Value>| {
            if old != Some(value) {
                if !out.is_empty() {
                    out.push(b' ');
                }
                out.extend_from_slice(name);
                out.extend_from_slice(b": ");
                value.write(arch, out);
            }
        };
        rule(b".cfa", &self.cfa, before.map(|before| &before.cfa));
        rule(b".ra", &self.return_address, before.map(|before| &before.return_address));
        for (number, value) in (0..).zip(&self.registers) {
            let old = before.and_then(|before| before.registers.get(usize::from(number))?.as_ref());
            match value {
                Some(value) => rule(&name(arch, number), value, old),
                // What is not stored any more is in the register again.
                None if old.is_some() => {
                    rule(&name(arch, number), &Value::Sum(Place { base: number, offset: 0 }), None);
                }
                None => {}
            }
        }
    }
}

impl Value {
    fn write(&self, arch: Arch, out: &mut Vec<u8>) {
        let mut sum = |base: &[u8], offset: i64, is_stored: bool| {
            out.extend_from_slice(base);
            if offset != 0 || is_stored {
                // Writing to memory does not fail.
                let _ = write!(out, " {offset} +");
            }
            if is_stored {
                out.extend_from_slice(b" ^");
            }
        };
        match self {
            Self::AtCfa(offset) => sum(b".cfa", *offset, true),
            Self::Cfa(offset) => sum(b".cfa", *offset, false),
            Self::At(place) => sum(&name(arch, place.base), place.offset, true),
            Self::Sum(place) => sum(&name(arch, place.base), place.offset, false),
            Self::Program(program) => out.extend_from_slice(program),
            Self::Undefined => out.extend_from_slice(b".undef"),
        }
    }
}

/// The name of a register in rules: `$rsp`, `x29`, `r7`.
pub(crate) fn name(arch: Arch, number: Reg) -> Vec<u8> {
    let letter = match arch {
        Arch::X86 | Arch::Amd64 => None,
        Arch::Arm => Some(('r', 12)),
        Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32 => Some(('x', 30)),
    };
    let known = || arch.register_names().get(usize::from(number)).copied().unwrap_or_default();
    match letter {
        None => format!("${}", known()).into_bytes(),
        Some((letter, last)) if number <= last => format!("{letter}{number}").into_bytes(),
        Some(_) => known().as_bytes().to_vec(),
    }
}
