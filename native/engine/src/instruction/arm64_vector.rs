//! AArch64: loads and stores of vector structures (LD1 to LD4, ST1 to ST4).

use super::operand::{Base, MemoryAccess, Use, bit, field};

/// All of `0x00110...` with V set: multiple and single structures, with and without post-index.
pub(super) fn structures(word: u32, base: Base<'_>) -> Option<MemoryAccess> {
    let bytes = if bit(word, 24) { single(word)? } else { multiple(word)? };
    Some(base.access(Some(0), bytes, Use::load_if(bit(word, 22))))
}

/// Whole registers.
fn multiple(word: u32) -> Option<u64> {
    let registers = match field(word, 12, 4) {
        0b0000 | 0b0010 => 4,
        0b0100 | 0b0110 => 3,
        0b0111 => 1,
        0b1000 | 0b1010 => 2,
        _ => return None,
    };
    (!bit(word, 21)).then_some(registers * if bit(word, 30) { 16 } else { 8 })
}

/// One lane of each register, or one element for all lanes.
fn single(word: u32) -> Option<u64> {
    let registers = u64::from((field(word, 13, 1) << 1 | field(word, 21, 1)) + 1);
    let element = match field(word, 14, 2) {
        0 => 1,
        1 => 2,
        2 if bit(word, 10) => 8,
        2 => 4,
        _ => 1 << field(word, 10, 2),
    };
    Some(registers * element)
}
