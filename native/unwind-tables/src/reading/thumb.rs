//! Thumb instructions (ARM Architecture Reference Manual, ARMv7-A, A6).

use super::effect::{Effect, Instruction, LR, PC, SP, Transfer, only, overwrite};

/// Decode the instruction at an address. `None` where the code ends.
pub(super) fn decode(code: &[u8], at: u32) -> Option<Instruction> {
    let first = u16::from_le_bytes(*code.first_chunk()?);
    let is_long = first >> 11 > 0b11100;
    let effect =
        if is_long { long(first, u16::from_le_bytes(*code.get(2..)?.first_chunk()?), at) } else { short(first, at) };
    Some(Instruction { length: if is_long { 4 } else { 2 }, is_conditional: false, effect })
}

/// A field of an instruction.
const fn bits(code: u16, from: u32, count: u32) -> u16 {
    code >> from & ((1 << count) - 1)
}

const fn register(code: u16, from: u32) -> u8 {
    bits(code, from, 4) as u8
}

const fn low(code: u16, from: u32) -> u8 {
    bits(code, from, 3) as u8
}

/// A word at a register plus an offset.
const fn word(to: u8, base: u8, offset: i32, is_load: bool) -> Effect {
    Effect::Words { registers: [Some(to), None], transfer: Transfer { base, offset, written_back: 0, is_load } }
}

/// The address that offsets of branches and literals count from.
const fn pc(at: u32) -> u32 {
    at.wrapping_add(4)
}

const fn extended(value: u32, sign: u32) -> u32 {
    let unused = 31 - sign;
    ((value << unused).cast_signed() >> unused).cast_unsigned()
}

fn short(code: u16, at: u32) -> Effect {
    let (imm5, imm8) = (i32::from(bits(code, 6, 5)), i32::from(code & 0xff));
    let middle = low(code, 8);
    match code >> 11 {
        0b00011 if bits(code, 10, 1) == 1 => {
            let value = i32::from(bits(code, 6, 3));
            let value = if bits(code, 9, 1) == 1 { -value } else { value };
            Effect::Add { to: low(code, 0), from: low(code, 3), value }
        }
        0b00000..=0b00011 => overwrite(only(low(code, 0))),
        0b00100 => Effect::Constant { to: middle, value: u32::from(code & 0xff) },
        0b00101 => Effect::Compare { value: u32::from(code & 0xff) },
        0b00110 => Effect::Add { to: middle, from: middle, value: imm8 },
        0b00111 => Effect::Add { to: middle, from: middle, value: -imm8 },
        // tst, cmp and cmn write nothing.
        0b01000 if bits(code, 10, 1) == 0 => match bits(code, 6, 4) {
            8 | 10 | 11 => Effect::Nothing,
            _ => overwrite(only(low(code, 0))),
        },
        0b01000 => special(code),
        0b01001 => Effect::Literal { to: middle, at: (pc(at) & !3).wrapping_add(u32::from(code & 0xff) << 2) },
        // With a register as the offset: stores, then loads.
        0b01010 if bits(code, 9, 2) != 3 => Effect::Nothing,
        0b01010 | 0b01011 => overwrite(only(low(code, 0))),
        0b01100 => word(low(code, 0), low(code, 3), imm5 << 2, false),
        0b01101 => word(low(code, 0), low(code, 3), imm5 << 2, true),
        // Bytes and half words.
        0b01110 | 0b10000 => Effect::Nothing,
        0b01111 | 0b10001 => overwrite(only(low(code, 0))),
        0b10010 => word(middle, SP, imm8 << 2, false),
        0b10011 => word(middle, SP, imm8 << 2, true),
        0b10100 => overwrite(only(middle)),
        0b10101 => Effect::Add { to: middle, from: SP, value: imm8 << 2 },
        0b10110 | 0b10111 => miscellaneous(code, at),
        0b11000 => overwrite(only(middle)),
        0b11001 => overwrite(code & 0xff | only(middle)),
        0b11010 | 0b11011 => match bits(code, 8, 4) {
            14 => Effect::End,
            15 => overwrite(only(0)),
            _ => branch(pc(at), extended(u32::from(code & 0xff) << 1, 8), true),
        },
        0b11100 => branch(pc(at), extended(u32::from(bits(code, 0, 11)) << 1, 11), false),
        _ => Effect::Nothing,
    }
}

const fn branch(from: u32, offset: u32, is_conditional: bool) -> Effect {
    Effect::Branch { to: from.wrapping_add(offset), is_conditional }
}

/// Instructions on all 16 registers, and branches to a register.
const fn special(code: u16) -> Effect {
    let to = (bits(code, 7, 1) << 3 | bits(code, 0, 3)) as u8;
    let other = register(code, 3);
    match bits(code, 8, 2) {
        0 if to == PC => Effect::End,
        0 => Effect::AddRegister { to, from: to, other, is_subtraction: false },
        1 => Effect::Nothing,
        2 if to == PC => Effect::End,
        2 => Effect::Add { to, from: other, value: 0 },
        _ if bits(code, 7, 1) == 1 => Effect::Call,
        _ => Effect::End,
    }
}

fn miscellaneous(code: u16, at: u32) -> Effect {
    match bits(code, 8, 4) {
        0b0000 => {
            let value = i32::from(bits(code, 0, 7)) << 2;
            Effect::Add { to: SP, from: SP, value: if bits(code, 7, 1) == 1 { -value } else { value } }
        }
        0b0001 | 0b0011 | 0b1001 | 0b1011 => {
            let offset = u32::from(bits(code, 9, 1)) << 6 | u32::from(bits(code, 3, 5)) << 1;
            branch(pc(at), offset, true)
        }
        0b0100 | 0b0101 => push(code & 0xff | if bits(code, 8, 1) == 1 { only(LR) } else { 0 }),
        0b1100 | 0b1101 => pop(code & 0xff | if bits(code, 8, 1) == 1 { only(PC) } else { 0 }),
        0b1111 if code & 15 != 0 => Effect::IfThen((4 - (code & 15).trailing_zeros()) as u8),
        // Extensions and reversals.
        0b0010 | 0b1010 => overwrite(only(low(code, 0))),
        _ => Effect::Nothing,
    }
}

pub(super) const fn push(mask: u16) -> Effect {
    let size = mask.count_ones() as i32 * -4;
    Effect::Block { mask, transfer: Transfer { base: SP, offset: size, written_back: size, is_load: false } }
}

pub(super) const fn pop(mask: u16) -> Effect {
    let size = mask.count_ones() as i32 * 4;
    Effect::Block { mask, transfer: Transfer { base: SP, offset: 0, written_back: size, is_load: true } }
}

fn long(first: u16, second: u16, at: u32) -> Effect {
    match first >> 9 & 0b1111 {
        // 0xe8, 0xe9
        0b0100 if bits(first, 6, 1) == 0 => multiple(first, second),
        0b0100 => dual(first, second, at),
        // 0xea, 0xeb
        0b0101 => shifted_register(first, second),
        // 0xec to 0xef, 0xfc to 0xff
        0b0110 | 0b0111 | 0b1110 | 0b1111 => coprocessor(first, second),
        0b1000..=0b1011 if second >> 15 == 1 => branches(first, second, at),
        0b1000 | 0b1010 => modified_immediate(first, second),
        0b1001 | 0b1011 => plain_immediate(first, second),
        // 0xf8, 0xf9
        0b1100 => single(first, second, at),
        // 0xfa, 0xfb: registers; long products have two results.
        _ if bits(first, 7, 4) == 0b0111 && bits(first, 4, 3) != 1 && bits(first, 4, 3) != 3 => {
            overwrite(only(register(second, 8)) | only(register(second, 12)))
        }
        _ => overwrite(only(register(second, 8))),
    }
}

/// `ldm` and `stm`.
const fn multiple(first: u16, second: u16) -> Effect {
    let (base, is_load, writes_back) = (register(first, 0), bits(first, 4, 1) == 1, bits(first, 5, 1) == 1);
    let size = second.count_ones() as i32 * 4;
    let (offset, moved) = match bits(first, 7, 2) {
        1 => (0, size),
        2 => (-size, -size),
        _ => return Effect::Nothing,
    };
    let written_back = if writes_back { moved } else { 0 };
    Effect::Block { mask: second, transfer: Transfer { base, offset, written_back, is_load } }
}

/// `ldrd`, `strd`, exclusive accesses and branches by a table.
fn dual(first: u16, second: u16, at: u32) -> Effect {
    let base = register(first, 0);
    if first & 0xfff0 == 0xe8d0 && second & 0xffe0 == 0xf000 {
        let entry = if bits(second, 4, 1) == 1 { 2 } else { 1 };
        // Only a table right behind the instruction is understood.
        return if base == PC { Effect::Table { at: pc(at), entry } } else { Effect::End };
    }
    let (is_pre, is_up, writes_back) = (bits(first, 8, 1) == 1, bits(first, 7, 1) == 1, bits(first, 5, 1) == 1);
    let is_load = bits(first, 4, 1) == 1;
    let registers = [Some(register(second, 12)), Some(register(second, 8))];
    if !is_pre && !writes_back {
        return overwrite((only(register(second, 12)) | only(register(second, 8))) & !only(PC));
    }
    let value = i32::from(second & 0xff) << 2;
    Effect::Words { registers, transfer: indexed(base, value, is_pre, is_up, writes_back, is_load) }
}

/// A transfer with an index that is added before or after it.
pub(super) const fn indexed(
    base: u8,
    value: i32,
    is_pre: bool,
    is_up: bool,
    writes_back: bool,
    is_load: bool,
) -> Transfer {
    let value = if is_up { value } else { -value };
    Transfer {
        base,
        offset: if is_pre { value } else { 0 },
        written_back: if writes_back || !is_pre { value } else { 0 },
        is_load,
    }
}

fn shifted_register(first: u16, second: u16) -> Effect {
    let (from, to, other) = (register(first, 0), register(second, 8), register(second, 0));
    let is_shifted = second & 0x70f0 != 0;
    match bits(first, 5, 4) {
        // tst, teq, cmn, cmp
        0 | 4 | 8 | 13 if to == PC => Effect::Nothing,
        2 if from == PC && !is_shifted => Effect::Add { to, from: other, value: 0 },
        8 if !is_shifted => Effect::AddRegister { to, from, other, is_subtraction: false },
        13 if !is_shifted => Effect::AddRegister { to, from, other, is_subtraction: true },
        _ => overwrite(only(to)),
    }
}

/// Floating point and vectors.
pub(super) fn coprocessor(first: u16, second: u16) -> Effect {
    let words = i32::from(second & 0xff) << 2;
    let is_float = matches!(second & 0x0e00, 0x0a00);
    let base = register(first, 0);
    if first & 0xffbf == 0xed2d && is_float {
        return Effect::Add { to: SP, from: SP, value: -words };
    }
    if first & 0xffbf == 0xecbd && is_float {
        return Effect::Add { to: SP, from: SP, value: words };
    }
    match first & 0xff00 {
        // Loads and stores of several, which may move their base.
        0xec00 | 0xed00 if bits(first, 5, 1) == 1 => overwrite(only(base)),
        // Two general registers.
        0xec00 if first & 0xffe0 == 0xec40 => overwrite((only(register(second, 12)) | only(base)) & !only(PC)),
        0xee00 if bits(first, 4, 1) == 1 && bits(second, 4, 1) == 1 => {
            overwrite(only(register(second, 12)) & !only(PC))
        }
        _ => Effect::Nothing,
    }
}

fn branches(first: u16, second: u16, at: u32) -> Effect {
    let sign = u32::from(bits(first, 10, 1));
    let (j1, j2) = (u32::from(bits(second, 13, 1)), u32::from(bits(second, 11, 1)));
    let tail = u32::from(bits(second, 0, 11)) << 1;
    match (bits(second, 14, 1), bits(second, 12, 1)) {
        (1, _) => Effect::Call,
        (_, 1) => {
            let (i1, i2) = (!(j1 ^ sign) & 1, !(j2 ^ sign) & 1);
            let offset = sign << 24 | i1 << 23 | i2 << 22 | u32::from(bits(first, 0, 10)) << 12 | tail;
            branch(pc(at), extended(offset, 24), false)
        }
        _ if bits(first, 7, 3) != 7 => {
            let offset = sign << 20 | j2 << 19 | j1 << 18 | u32::from(bits(first, 0, 6)) << 12 | tail;
            branch(pc(at), extended(offset, 20), true)
        }
        // udf, mrs
        _ if first & 0xfff0 == 0xf7f0 => Effect::End,
        _ if first & 0xffe0 == 0xf3e0 => overwrite(only(register(second, 8)) & !only(PC)),
        _ => Effect::Nothing,
    }
}

/// The constant that a modified immediate stands for.
fn expanded(first: u16, second: u16) -> u32 {
    let code = bits(first, 10, 1) << 11 | bits(second, 12, 3) << 8 | second & 0xff;
    let byte = u32::from(code & 0xff);
    match code >> 8 {
        0 => byte,
        1 => byte << 16 | byte,
        2 => byte << 24 | byte << 8,
        3 => byte << 24 | byte << 16 | byte << 8 | byte,
        _ => (0x80 | byte & 0x7f).rotate_right((code >> 7).into()),
    }
}

fn modified_immediate(first: u16, second: u16) -> Effect {
    let (from, to, value) = (register(first, 0), register(second, 8), expanded(first, second));
    match bits(first, 5, 4) {
        13 if to == PC => Effect::Compare { value },
        0 | 4 | 8 if to == PC => Effect::Nothing,
        2 if from == PC => Effect::Constant { to, value },
        8 => Effect::Add { to, from, value: value.cast_signed() },
        13 => Effect::Add { to, from, value: value.cast_signed().wrapping_neg() },
        _ => overwrite(only(to)),
    }
}

fn plain_immediate(first: u16, second: u16) -> Effect {
    let (from, to) = (register(first, 0), register(second, 8));
    let imm12 = bits(first, 10, 1) << 11 | bits(second, 12, 3) << 8 | second & 0xff;
    let imm16 = bits(first, 0, 4) << 12 | imm12;
    match bits(first, 4, 5) {
        0 if from != PC => Effect::Add { to, from, value: imm12.into() },
        10 if from != PC => Effect::Add { to, from, value: -i32::from(imm12) },
        4 => Effect::Constant { to, value: imm16.into() },
        12 => Effect::ConstantTop { to, value: imm16 },
        _ => overwrite(only(to)),
    }
}

/// Loads and stores of one register.
fn single(first: u16, second: u16, at: u32) -> Effect {
    let (base, to) = (register(first, 0), register(second, 12));
    let (is_word, is_load) = (bits(first, 5, 2) == 2 && bits(first, 8, 1) == 0, bits(first, 4, 1) == 1);
    if bits(first, 8, 1) == 1 && !is_load {
        // Vectors: a register as the index, or the size, is added to the base.
        return if second & 15 == 15 { Effect::Nothing } else { overwrite(only(base)) };
    }
    if is_load && base == PC {
        let offset = u32::from(bits(second, 0, 12));
        let at = pc(at) & !3;
        let at = if bits(first, 7, 1) == 1 { at.wrapping_add(offset) } else { at.wrapping_sub(offset) };
        return if is_word && to != PC { Effect::Literal { to, at } } else { loaded(to, is_word) };
    }
    let transfer = if bits(first, 7, 1) == 1 {
        indexed(base, bits(second, 0, 12).into(), true, true, false, is_load)
    } else if bits(second, 11, 1) == 1 {
        let value = i32::from(second & 0xff);
        indexed(base, value, bits(second, 10, 1) == 1, bits(second, 9, 1) == 1, bits(second, 8, 1) == 1, is_load)
    } else {
        return if is_load { loaded(to, is_word) } else { Effect::Nothing };
    };
    if is_word {
        return Effect::Words { registers: [Some(to), None], transfer };
    }
    let moved = if transfer.written_back == 0 { 0 } else { only(base) };
    match loaded(to, false) {
        Effect::Overwrite(mask) if is_load => overwrite(mask | moved),
        _ => overwrite(moved),
    }
}

/// A register that is loaded with something unknown. Bytes that are loaded into the program counter are preloads.
const fn loaded(to: u8, is_word: bool) -> Effect {
    if to == PC && !is_word { Effect::Nothing } else { overwrite(only(to)) }
}
