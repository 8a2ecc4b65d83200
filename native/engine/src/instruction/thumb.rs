//! 32-bit ARM in its second encoding: Thumb and Thumb-2. Tables A6 of the manual that `arm` names.

use vocabulary::{Reg, Registers, arm};
use yaxpeax_arm::armv7::InstDecoder;

use super::arm::{block, coprocessor, finish, last_word, program_counter, structures, text};
use super::operand::{Base, Decoded, MemoryAccess, Target, Use, bit, field, signed};

/// Decodes the instruction at the program counter.
pub(super) fn decode(bytes: &[u8], registers: &Registers) -> Option<Decoded> {
    let first = u32::from(u16::from_le_bytes(bytes.get(..2)?.try_into().ok()?));
    let (access, target, length, bits) = if first >> 11 < 0x1d {
        let access = narrow(first, registers);
        (access, narrow_target(first, registers, access.as_ref()), 2, format!(".inst.n {first:#06x}"))
    } else {
        let second = u32::from(u16::from_le_bytes(bytes.get(2..4)?.try_into().ok()?));
        let word = first << 16 | second;
        let access = wide(word, registers);
        (access, wide_target(word, registers, access.as_ref()), 4, format!(".inst.w {word:#010x}"))
    };
    finish(text(&InstDecoder::default_thumb(), bytes), bits, length, access.into_iter().collect(), target)
}

/// Instructions of one half word.
fn narrow(half: u32, registers: &Registers) -> Option<MemoryAccess> {
    let ahead = program_counter(registers, 4);
    let base = |register: u32| Base { registers: &ahead, register: register as Reg };
    let low = || base(field(half, 3, 3));
    let kind = Use::load_if(bit(half, 11));
    let words = |count| u64::from(field(half, 0, 8) * count);
    Some(match half >> 12 {
        // The literal pool.
        4 if bit(half, 11) => base(arm::PC.into()).access(Some(words(4)), 4, Use::Read),
        5 => {
            let (size, load) =
                [(4, false), (2, false), (1, false), (1, true), (4, true), (2, true), (1, true), (2, true)]
                    [field(half, 9, 3) as usize];
            low().access(registers.get(field(half, 6, 3) as Reg), size, Use::load_if(load))
        }
        6 => low().access(Some(u64::from(field(half, 6, 5) * 4)), 4, kind),
        7 => low().access(Some(field(half, 6, 5).into()), 1, kind),
        8 => low().access(Some(u64::from(field(half, 6, 5) * 2)), 2, kind),
        9 => base(arm::SP.into()).access(Some(words(4)), 4, kind),
        // PUSH and POP: bit 8 adds the link register or the program counter.
        0xb if half & 0x0600 == 0x0400 => {
            let count = field(half, 0, 9).count_ones();
            block(base(arm::SP.into()), count, bit(half, 11), !bit(half, 11), kind)
        }
        0xc => block(base(field(half, 8, 3)), field(half, 0, 8).count_ones(), true, false, kind),
        _ => return None,
    })
}

fn narrow_target(half: u32, registers: &Registers, access: Option<&MemoryAccess>) -> Option<Target> {
    match half {
        // BX and BLX.
        _ if half & 0xff07 == 0x4700 => registers.get(field(half, 3, 4) as Reg).map(|to| Target::Address(to & !1)),
        _ if half >> 11 == 0b11100 => Some(from_here(registers, signed(field(half, 0, 11), 11) << 1)),
        _ if half & 0xff00 == 0xbd00 => last_word(access),
        _ => None,
    }
}

fn from_here(registers: &Registers, offset: u64) -> Target {
    Target::Address((registers.pc() & !1).wrapping_add(4).wrapping_add(offset) & 0xffff_ffff)
}

/// Instructions of two half words, the first in the upper half of `word`.
fn wide(word: u32, registers: &Registers) -> Option<MemoryAccess> {
    let ahead = program_counter(registers, 4);
    let base = Base { registers: &ahead, register: field(word, 16, 4) as Reg };
    let load = bit(word, 20);
    match word >> 25 {
        // LDM, STM, PUSH, POP; the other two of U and P are for exceptions.
        0b111_0100 if !bit(word, 22) => match field(word, 23, 2) {
            1 => Some(block(base, field(word, 0, 16).count_ones(), true, false, Use::load_if(load))),
            2 => Some(block(base, field(word, 0, 16).count_ones(), false, true, Use::load_if(load))),
            _ => None,
        },
        0b111_0100 => two(word, registers, base),
        0b111_0110 => coprocessor(word, base),
        0b111_1100 if word & 0xff10_0000 == 0xf900_0000 => structures(word, base),
        0b111_1100 => one(word, registers, base),
        _ => None,
    }
}

/// Pairs, exclusive and ordered accesses, branch tables.
fn two(word: u32, registers: &Registers, base: Base<'_>) -> Option<MemoryAccess> {
    let load = bit(word, 20);
    let kind = Use::load_if(load);
    let words = u64::from(field(word, 0, 8)) * 4;
    if bit(word, 24) || bit(word, 21) {
        return Some(base.access(indexed(word, words), 8, kind));
    }
    if !bit(word, 23) {
        return Some(base.access(Some(words), 4, kind));
    }
    let op = field(word, 4, 4);
    if load && op < 2 {
        // TBB, TBH. The table may follow the instruction, without alignment.
        let index = registers.get(field(word, 0, 4) as Reg).map(|index| index << op);
        let table = match base.register {
            arm::PC => Some((registers.pc() & !1).wrapping_add(4)),
            _ => base.value(),
        };
        let address = table.zip(index).map(|(table, index)| table.wrapping_add(index) & 0xffff_ffff);
        return Some(MemoryAccess { null_base: table == Some(0), ..MemoryAccess::new(address, 1 << op, kind) });
    }
    match op {
        4..=5 | 7..=15 => Some(base.access(Some(0), 1 << (op & 3), kind)),
        _ => None,
    }
}

/// The offset by P and U (bits 24 and 23, as in A32).
fn indexed(word: u32, offset: u64) -> Option<u64> {
    super::arm::indexed(word, Some(offset))
}

/// One register.
fn one(word: u32, registers: &Registers, base: Base<'_>) -> Option<MemoryAccess> {
    let (load, size) = (bit(word, 20), field(word, 21, 2));
    // Loads of bytes and halves into r15 are prefetches. Only words have no signed form.
    let signed = bit(word, 24);
    if size == 3 || (load && size < 2 && field(word, 12, 4) == 15) || (signed && (!load || size == 2)) {
        return None;
    }
    let kind = Use::load_if(load);
    let offset = if base.register == arm::PC {
        let offset = u64::from(field(word, 0, 12));
        Some(if bit(word, 23) { offset } else { offset.wrapping_neg() })
    } else if bit(word, 23) {
        Some(field(word, 0, 12).into())
    } else if bit(word, 11) {
        let offset = u64::from(field(word, 0, 8));
        match (bit(word, 10), bit(word, 9)) {
            (false, _) => Some(0),
            (true, true) => Some(offset),
            (true, false) => Some(offset.wrapping_neg()),
        }
    } else if field(word, 6, 5) == 0 {
        registers.get(field(word, 0, 4) as Reg).map(|index| index << field(word, 4, 2))
    } else {
        return None;
    };
    Some(base.access(offset, 1 << size, kind))
}

fn wide_target(word: u32, registers: &Registers, access: Option<&MemoryAccess>) -> Option<Target> {
    let load = bit(word, 20);
    if word >> 25 == 0b111_0100 && !bit(word, 22) && load && bit(word, 15) {
        return last_word(access);
    }
    if word & 0xff70_f000 == 0xf850_f000 {
        return last_word(access);
    }
    if word & 0xf800_8000 != 0xf000_8000 {
        return None;
    }
    let exchange = match field(word, 12, 3) & 0b101 {
        0b001 | 0b101 => false,
        0b100 => true,
        _ => return None,
    };
    let sign = field(word, 26, 1);
    let top = sign << 2 | u32::from(field(word, 13, 1) == sign) << 1 | u32::from(field(word, 11, 1) == sign);
    let offset = signed(top << 21 | field(word, 16, 10) << 11 | field(word, 0, 11), 24) << 1;
    let Target::Address(to) = from_here(registers, offset) else { return None };
    // BLX goes on in A32, at a word.
    Some(Target::Address(if exchange { to & !3 } else { to }))
}
