//! Instructions in ARM mode (ARM Architecture Reference Manual, ARMv7-A, A5).

use super::effect::{Effect, Instruction, PC, Transfer, only, overwrite};
use super::thumb::{coprocessor, indexed};

/// The condition that is always true.
const ALWAYS: u32 = 14;

/// Decode the instruction at an address. `None` where the code ends.
pub(super) fn decode(code: &[u8], at: u32) -> Option<Instruction> {
    let code = u32::from_le_bytes(*code.first_chunk()?);
    let condition = code >> 28;
    let effect = match condition {
        // Without a condition: `blx` to an address, vectors, preloads.
        15 if code >> 25 & 7 == 5 => Effect::Call,
        15 => Effect::Nothing,
        _ => effect(code, at, condition != ALWAYS),
    };
    Some(Instruction { length: 4, is_conditional: condition < ALWAYS, effect })
}

/// A field of an instruction.
const fn bits(code: u32, from: u32, count: u32) -> u32 {
    code >> from & ((1 << count) - 1)
}

const fn is_set(code: u32, bit: u32) -> bool {
    bits(code, bit, 1) == 1
}

const fn register(code: u32, from: u32) -> u8 {
    bits(code, from, 4) as u8
}

fn effect(code: u32, at: u32, is_conditional: bool) -> Effect {
    let pc = at.wrapping_add(8);
    match bits(code, 25, 3) {
        0b000 if is_set(code, 4) && is_set(code, 7) => extra(code),
        0b000 | 0b001 => data(code, at),
        0b010 => single(code, pc),
        // Media instructions have a result in one of two places.
        0b011 if is_set(code, 4) => overwrite((only(register(code, 12)) | only(register(code, 16))) & !only(PC)),
        0b011 => {
            let (base, to) = (register(code, 16), register(code, 12));
            let moved = if is_set(code, 21) || !is_set(code, 24) { only(base) } else { 0 };
            overwrite(moved | if is_set(code, 20) { only(to) } else { 0 })
        }
        0b100 => multiple(code),
        0b101 if is_set(code, 24) => Effect::Call,
        0b101 => {
            let offset = (bits(code, 0, 24) << 8).cast_signed() >> 6;
            Effect::Branch { to: pc.wrapping_add_signed(offset), is_conditional }
        }
        0b110 => coprocessor((code >> 16) as u16 & 0x0fff | 0xe000, code as u16),
        _ if is_set(code, 24) => overwrite(only(0)),
        _ => coprocessor((code >> 16) as u16 & 0x0fff | 0xe000, code as u16),
    }
}

/// Products, and loads and stores of half words, signed bytes and pairs.
fn extra(code: u32) -> Effect {
    let (base, to) = (register(code, 16), register(code, 12));
    match (bits(code, 5, 2), is_set(code, 20)) {
        (0, _) if !is_set(code, 24) => {
            overwrite((only(base) | if is_set(code, 23) { only(to) } else { 0 }) & !only(PC))
        }
        (0, _) => overwrite(only(to) & !only(PC)),
        (kind @ (2 | 3), false) => {
            let (is_pre, is_up, writes_back) = (is_set(code, 24), is_set(code, 23), is_set(code, 21));
            if !is_set(code, 22) {
                return overwrite((only(to) | only(to | 1)) & !only(PC));
            }
            let value = (bits(code, 8, 4) << 4 | bits(code, 0, 4)).cast_signed();
            let transfer = indexed(base, value, is_pre, is_up, writes_back, kind == 2);
            Effect::Words { registers: [Some(to), Some(to | 1)], transfer }
        }
        (_, is_load) => {
            let moved = if is_set(code, 21) || !is_set(code, 24) { only(base) } else { 0 };
            overwrite((moved | if is_load { only(to) } else { 0 }) & !only(PC))
        }
    }
}

/// Arithmetic, moves, and a few others that have its encodings.
fn data(code: u32, at: u32) -> Effect {
    let (from, to, other) = (register(code, 16), register(code, 12), register(code, 0));
    let (is_immediate, operation) = (is_set(code, 25), bits(code, 21, 4));
    if matches!(operation, 8..=11) && !is_set(code, 20) {
        let half = (bits(code, 16, 4) << 12 | bits(code, 0, 12)) as u16;
        return match (is_immediate, operation) {
            (true, 8) => Effect::Constant { to, value: half.into() },
            (true, 10) => Effect::ConstantTop { to, value: half },
            (true, _) => Effect::Nothing,
            (false, _) if code & 0x0fff_fff0 == 0x012f_ff30 => Effect::Call,
            (false, _) if code & 0x0fff_fff0 == 0x012f_ff10 => Effect::End,
            // msr, bkpt
            (false, 9) if bits(code, 4, 4) == 0 => Effect::Nothing,
            (false, _) if bits(code, 4, 4) == 7 => Effect::Nothing,
            (false, _) => overwrite(only(to) & !only(PC)),
        };
    }
    if to == PC && !matches!(operation, 8..=11) {
        let is_table = from == PC && operation == 4 && !is_immediate && code >> 28 < ALWAYS;
        return if is_table { Effect::TableOfBranches { at: at.wrapping_add(8) } } else { Effect::End };
    }
    let value = (code & 0xff).rotate_right(2 * bits(code, 8, 4));
    let is_shifted = bits(code, 4, 8) != 0;
    match (operation, is_immediate) {
        (10, true) => Effect::Compare { value },
        (8..=11, _) => Effect::Nothing,
        (13, true) => Effect::Constant { to, value },
        (4, true) if from != PC => Effect::Add { to, from, value: value.cast_signed() },
        (2, true) if from != PC => Effect::Add { to, from, value: value.cast_signed().wrapping_neg() },
        (13, false) if !is_shifted => Effect::Add { to, from: other, value: 0 },
        (4, false) if !is_shifted => Effect::AddRegister { to, from, other, is_subtraction: false },
        (2, false) if !is_shifted => Effect::AddRegister { to, from, other, is_subtraction: true },
        _ => overwrite(only(to)),
    }
}

/// Loads and stores of one word or byte.
fn single(code: u32, pc: u32) -> Effect {
    let (base, to) = (register(code, 16), register(code, 12));
    let (is_byte, is_load) = (is_set(code, 22), is_set(code, 20));
    let (is_pre, is_up, writes_back) = (is_set(code, 24), is_set(code, 23), is_set(code, 21));
    let value = bits(code, 0, 12).cast_signed();
    if base == PC && is_load && !is_byte && is_pre && to != PC {
        return Effect::Literal { to, at: pc.wrapping_add_signed(if is_up { value } else { -value }) };
    }
    let transfer = indexed(base, value, is_pre, is_up, writes_back, is_load);
    if !is_byte {
        return Effect::Words { registers: [Some(to), None], transfer };
    }
    let moved = if transfer.written_back == 0 { 0 } else { only(base) };
    overwrite(moved | if is_load { only(to) } else { 0 })
}

/// `ldm` and `stm`.
const fn multiple(code: u32) -> Effect {
    let mask = code as u16;
    let size = mask.count_ones() as i32 * 4;
    let (offset, moved) = match (is_set(code, 24), is_set(code, 23)) {
        (false, true) => (0, size),
        (true, true) => (4, size),
        (true, false) => (-size, -size),
        (false, false) => (4 - size, -size),
    };
    let transfer = Transfer {
        base: register(code, 16),
        offset,
        written_back: if is_set(code, 21) { moved } else { 0 },
        is_load: is_set(code, 20),
    };
    Effect::Block { mask, transfer }
}
