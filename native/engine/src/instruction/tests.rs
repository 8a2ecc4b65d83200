//! Instructions by their bytes: what their manuals state, and that no bytes cause a panic.

#![allow(clippy::unwrap_used)]

mod disassembler;
mod hostile;
mod table;

use minidump::Context;
use vocabulary::{Arch, Registers};

use super::{Decoded, decode};

/// Every register holds `0x1000 * (number + 1)`, the program counter 0x40_0000.
fn context(arch: Arch, status: u32) -> Context {
    let mut registers = Registers::new(arch);
    for (number, _) in arch.register_names().iter().enumerate() {
        registers.set(u8::try_from(number).unwrap(), 0x1000 * (number as u64 + 1));
    }
    registers.set(arch.pc(), 0x40_0000);
    Context { registers, flags: status, context_flags: 0, code_segment: 0, partial: false }
}

/// User mode of 32-bit ARM, and the same in Thumb.
const A32: u32 = 0x10;
const T32: u32 = 0x30;

fn of(arch: Arch, status: u32, bytes: &[u8]) -> Option<Decoded> {
    decode(bytes, &context(arch, status), None)
}

/// The bytes of an instruction as code has them: a word, or one or two half words of Thumb.
fn code(status: u32, word: u32, narrow: bool) -> Vec<u8> {
    match (status, narrow) {
        (T32, true) => (word as u16).to_le_bytes().to_vec(),
        (T32, false) => [(word >> 16) as u16, word as u16].iter().flat_map(|h| h.to_le_bytes()).collect(),
        _ => word.to_le_bytes().to_vec(),
    }
}
