//! 32-bit ARM in its first encoding (A32), and what both encodings share. Tables of the Arm Architecture Reference
//! Manual for ARMv7-A (DDI 0406, A5 and A7).

use std::panic::{AssertUnwindSafe, catch_unwind};

use vocabulary::{Reg, Registers, arm};
use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv7::InstDecoder;

use super::operand::{Base, Decoded, MemoryAccess, Target, Use, bit, field, signed};

/// Bit of the status register that is set in Thumb state.
const THUMB: u32 = 1 << 5;

/// Whether the processor was in Thumb state. `status` is the CPSR, 0 if the dump does not have it. `None` if it cannot be
/// known.
pub(super) fn is_thumb(registers: &Registers, status: u32) -> Option<bool> {
    match status {
        // User mode sets bits of the status register: 0 is no value of it. Only Thumb code is not aligned to words.
        0 if registers.pc() & 3 == 0 => None,
        0 => Some(true),
        status => Some(status & THUMB != 0),
    }
}

/// Decode the instruction at the program counter.
pub(super) fn decode(bytes: &[u8], registers: &Registers) -> Option<Decoded> {
    let word = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let accesses: Vec<_> = access(word, registers).into_iter().collect();
    let target = target(word, registers, accesses.first());
    let text = if beyond_last_register(word) { None } else { text(&InstDecoder::default(), bytes) };
    finish(text, format!(".inst {word:#010x}"), 4, accesses, target)
}

/// Both encodings: what is left without a text is shown by its bits, if it does something.
pub(super) fn finish(
    text: Option<String>,
    bits: String,
    length: u64,
    accesses: Vec<MemoryAccess>,
    target: Option<Target>,
) -> Option<Decoded> {
    if text.is_none() && accesses.is_empty() && target.is_none() {
        return None;
    }
    Some(Decoded { text: text.unwrap_or(bits), length, accesses, target, ..Decoded::default() })
}

/// LDRD and STRD of r15 and the register after it, which does not exist: yaxpeax-arm 0.5.0 panics on them.
const fn beyond_last_register(word: u32) -> bool {
    word & 0x0e10_f0d0 == 0x0000_f0d0
}

/// The text; the disassembler does not support NEON and VFP. A bug in it must not cost the report.
pub(super) fn text(decoder: &InstDecoder, bytes: &[u8]) -> Option<String> {
    catch_unwind(AssertUnwindSafe(|| {
        decoder.decode(&mut U8Reader::new(bytes)).ok().map(|instruction| instruction.to_string())
    }))
    .ok()?
}

/// The program counter as a base: two instructions ahead, as a word's address.
pub(super) fn program_counter(registers: &Registers, ahead: u64) -> Registers {
    let mut moved = *registers;
    moved.set(arm::PC, (registers.pc() & !1).wrapping_add(ahead) & !3);
    moved
}

/// A multiple of words: how many, up or down from the base, and whether the base itself is the first.
pub(super) fn block(base: Base<'_>, words: u32, up: bool, before: bool, kind: Use) -> MemoryAccess {
    let size = u64::from(words) * 4;
    let offset = match (up, before) {
        (true, false) => 0,
        (true, true) => 4,
        (false, true) => size.wrapping_neg(),
        (false, false) => size.wrapping_neg().wrapping_add(4),
    };
    let access = base.access(Some(offset), size, kind);
    MemoryAccess { implicit: base.register == arm::SP, ..access }
}

/// The last word of a block, from where the program counter is loaded.
pub(super) fn last_word(access: Option<&MemoryAccess>) -> Option<Target> {
    let access = access?;
    let last = access.address?.wrapping_add(access.size?).wrapping_sub(4) & 0xffff_ffff;
    Some(Target::Memory(last))
}

fn access(word: u32, registers: &Registers) -> Option<MemoryAccess> {
    let ahead = program_counter(registers, 8);
    let base = Base { registers: &ahead, register: field(word, 16, 4) as Reg };
    let load = Use::load_if(bit(word, 20));
    if field(word, 28, 4) == 0xf {
        return if word & 0x0f10_0000 == 0x0400_0000 { structures(word, base) } else { None };
    }
    match field(word, 25, 3) {
        0 if bit(word, 7) && bit(word, 4) => extra(word, base),
        2 => Some(base.access(indexed(word, Some(field(word, 0, 12).into())), byte_or_word(word), load)),
        3 if !bit(word, 4) => Some(base.access(indexed(word, shifted(word, registers)), byte_or_word(word), load)),
        4 => {
            let words = field(word, 0, 16).count_ones();
            Some(block(base, words, bit(word, 23), bit(word, 24), load))
        }
        6 => coprocessor(word, base),
        _ => None,
    }
}

const fn byte_or_word(word: u32) -> u64 {
    if bit(word, 22) { 1 } else { 4 }
}

/// The offset by P and U: added, subtracted, or only used afterwards.
pub(super) fn indexed(word: u32, offset: Option<u64>) -> Option<u64> {
    match (bit(word, 24), bit(word, 23)) {
        (false, _) => Some(0),
        (true, true) => offset,
        (true, false) => offset.map(u64::wrapping_neg),
    }
}

/// A register shifted by a constant. Rotation through the carry needs the carry: `None`.
fn shifted(word: u32, registers: &Registers) -> Option<u64> {
    let value = registers.get(field(word, 0, 4) as Reg)? as u32;
    let amount = field(word, 7, 5);
    let result = match (field(word, 5, 2), amount) {
        (0, _) => value << amount,
        // In right shifts 0 means 32.
        (1, 0) => 0,
        (1, _) => value >> amount,
        (2, 0) => (value as i32 >> 31) as u32,
        (2, _) => (value as i32 >> amount) as u32,
        (_, 0) => return None,
        _ => value.rotate_right(amount),
    };
    Some(result.into())
}

/// Halves, signed bytes, pairs; exclusive accesses and swaps.
fn extra(word: u32, base: Base<'_>) -> Option<MemoryAccess> {
    let load = bit(word, 20);
    let (size, kind) = match (field(word, 5, 2), load) {
        (0, _) => return exclusive(word, base),
        (1, _) => (2, Use::load_if(load)),
        (2, false) => (8, Use::Read),
        (3, false) => (8, Use::Write),
        (2, true) => (1, Use::Read),
        _ => (2, Use::Read),
    };
    let offset = if bit(word, 22) {
        Some(u64::from(field(word, 8, 4) << 4 | field(word, 0, 4)))
    } else {
        base.registers.get(field(word, 0, 4) as Reg)
    };
    Some(base.access(indexed(word, offset), size, kind))
}

fn exclusive(word: u32, base: Base<'_>) -> Option<MemoryAccess> {
    if word & 0x0f00_00f0 != 0x0100_0090 {
        return None;
    }
    let (size, kind) = match field(word, 20, 4) {
        0 => (4, Use::ReadWrite),
        4 => (1, Use::ReadWrite),
        op @ 8.. => ([4, 8, 1, 2][field(op, 1, 2) as usize], Use::load_if(op & 1 == 1)),
        _ => return None,
    };
    Some(base.access(Some(0), size, kind))
}

/// VFP loads and stores, in both encodings.
pub(super) fn coprocessor(word: u32, base: Base<'_>) -> Option<MemoryAccess> {
    let (before, up, back) = (bit(word, 24), bit(word, 23), bit(word, 21));
    let (kind, number) = (Use::load_if(bit(word, 20)), field(word, 8, 4));
    // P, U and W all clear: moves between register files.
    if !matches!(number, 9..=11) || !(before || up || back) {
        return None;
    }
    let immediate = field(word, 0, 8);
    if before && !back {
        // VLDR, VSTR.
        let (size, scale) = [(2, 2), (4, 4), (8, 4)][(number - 9) as usize];
        return Some(base.access(indexed(word, Some(u64::from(immediate) * scale)), size, kind));
    }
    Some(block(base, immediate, up, before && !up, kind))
}

/// NEON's loads and stores of elements and structures; the low 24 bits are the same in both encodings.
pub(super) fn structures(word: u32, base: Base<'_>) -> Option<MemoryAccess> {
    let kind = Use::load_if(bit(word, 21));
    let bytes = if bit(word, 23) {
        let elements = u64::from(field(word, 8, 2) + 1);
        // Size 3: one element for all lanes, its size is elsewhere; 16 bytes for VLD4 of that size.
        let size = match field(word, 10, 2) {
            3 => field(word, 6, 2).min(2),
            size => size,
        };
        elements << size
    } else {
        8 * match field(word, 8, 4) {
            0b0000..=0b0011 => 4,
            0b0100..=0b0110 => 3,
            0b0111 => 1,
            0b1000..=0b1010 => 2,
            _ => return None,
        }
    };
    Some(base.access(Some(0), bytes, kind))
}

fn target(word: u32, registers: &Registers, access: Option<&MemoryAccess>) -> Option<Target> {
    let from_here = |offset: u64| Target::Address(registers.pc().wrapping_add(8).wrapping_add(offset) & 0xffff_ffff);
    let condition = field(word, 28, 4);
    if field(word, 25, 3) == 5 && condition >= 0xe {
        // In the unconditional space: BLX, whose target is Thumb code.
        let half = if condition == 0xf { u64::from(bit(word, 24)) << 1 } else { 0 };
        return Some(from_here((signed(field(word, 0, 24), 24) << 2) | half));
    }
    if condition != 0xe {
        return None;
    }
    if word & 0x0fff_ffd0 == 0x012f_ff10 {
        return registers.get(field(word, 0, 4) as Reg).map(|to| Target::Address(to & !1));
    }
    match field(word, 25, 3) {
        4 if bit(word, 20) && bit(word, 15) => last_word(access),
        2 | 3 if bit(word, 20) && !bit(word, 22) && field(word, 12, 4) == 15 => last_word(access),
        _ => None,
    }
}
