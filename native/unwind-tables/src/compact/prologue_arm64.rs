//! Reading the prologue and the epilogue of an ARM64 function.
//!
//! Prologues store registers, move the stack pointer and set the frame pointer; other instructions may stand between. Epilogues
//! load what prologues stored, move the stack pointer back and return.

use vocabulary::{Arch, Reg, arm64};

use crate::row::{Place, ReturnAddress, Row};

/// Instructions of an epilogue, at most.
const INSTRUCTIONS: usize = 24;

enum Instruction {
    /// Move the stack pointer by so many bytes.
    Move(i64),
    /// Store or load registers at an offset from the stack pointer, which is moved before (stores) or after (loads) by so many bytes.
    Transfer {
        is_load: bool,
        registers: [Option<Reg>; 2],
        offset: i64,
        moves: i64,
    },
    /// Set the frame pointer to the stack pointer plus a number.
    SetFrame,
    /// Set the stack pointer to the frame pointer minus so many bytes.
    ResetStack(i64),
    /// Sign or authenticate the return address, or nothing at all.
    Nothing,
    Return,
    /// Jump so many bytes from this instruction.
    Jump(i64),
    Call,
    /// Jump to a register.
    JumpRegister,
}

/// The rules before the instruction at `offset` of a function that begins with `code`, if its prologue has not run as far as the rules of
/// its body need: the frame pointer is not set, or not all of the frame is allocated.
pub(super) fn in_prologue(code: &[u8], offset: usize, body: &Row) -> Option<Row> {
    let run = code.get(..offset)?;
    // How far the stack pointer is below that of the caller, and where from that one registers are.
    let mut depth = 0i64;
    let mut saved: [Option<i64>; 31] = [None; 31];
    for word in run.as_chunks::<4>().0 {
        match decode(u32::from_le_bytes(*word)) {
            Some(Instruction::Move(bytes)) if bytes <= 0 => depth = depth.checked_sub(bytes)?,
            Some(Instruction::Transfer { is_load: false, registers, offset, moves }) if moves <= 0 => {
                depth = depth.checked_sub(moves)?;
                for (register, slot) in registers.into_iter().zip((offset..).step_by(8)) {
                    // A parameter that is stored is not saved.
                    if let Some(register @ 19..=30) = register {
                        *saved.get_mut(usize::from(register))? = Some(slot - depth);
                    }
                }
            }
            // From here on the frame pointer is enough, and past all of this the function is not at its beginning.
            Some(Instruction::SetFrame | Instruction::Move(_) | Instruction::ResetStack(_) | Instruction::Call) => {
                return None;
            }
            // Other instructions stand between those of a prologue, and an early return before it.
            _ => {}
        }
        if body.cfa.base == arm64::SP && depth == body.cfa.offset {
            return None;
        }
    }
    let cfa = Place { base: arm64::SP, offset: depth };
    let mut row = Row::at_entry(Arch::Arm64);
    row.cfa = cfa;
    for (register, distance) in (0..).zip(saved) {
        if let Some(distance) = distance {
            row.save(register, Place { offset: depth + distance, ..cfa });
        }
    }
    if let Some(place) = row.saved(arm64::LR) {
        row.return_address = ReturnAddress::Stored(place);
    }
    Some(row)
}

/// The rules before the first instruction of `code`, if it is in an epilogue. `leaves` says whether a jump over so many bytes from
/// the beginning of `code` leads out of the function.
pub(super) fn in_epilogue(code: &[u8], leaves: impl Fn(i64) -> bool) -> Option<Row> {
    let mut row = Row::at_entry(Arch::Arm64);
    let mut sp = Place { base: arm64::SP, offset: 0 };
    let mut has_begun = false;
    for (index, word) in code.as_chunks::<4>().0.iter().enumerate().take(INSTRUCTIONS) {
        let is_end = match decode(u32::from_le_bytes(*word))? {
            Instruction::Move(bytes) if bytes >= 0 => {
                sp.offset = sp.offset.checked_add(bytes)?;
                false
            }
            Instruction::ResetStack(below) if row.saved(arm64::FP).is_none() => {
                sp = Place { base: arm64::FP, offset: -below };
                false
            }
            Instruction::Transfer { is_load: true, registers, offset, moves } if moves >= 0 => {
                for (register, slot) in registers.into_iter().zip((offset..).step_by(8)) {
                    if let Some(register @ (19..=30)) = register {
                        row.save(register, Place { offset: sp.offset.checked_add(slot)?, ..sp });
                    }
                }
                sp.offset = sp.offset.checked_add(moves)?;
                false
            }
            Instruction::Nothing => continue,
            Instruction::Return => true,
            Instruction::Jump(distance) => {
                let target = i64::try_from(index * 4).ok()?.checked_add(distance)?;
                if !leaves(target) {
                    return None;
                }
                true
            }
            // A switch jumps like a call at the end, but undoes nothing before.
            Instruction::JumpRegister if has_begun => true,
            _ => return None,
        };
        has_begun = true;
        if is_end {
            row.cfa = sp;
            if let Some(place) = row.saved(arm64::LR) {
                row.return_address = ReturnAddress::Stored(place);
            }
            return Some(row);
        }
    }
    None
}

fn decode(word: u32) -> Option<Instruction> {
    let bits = |low: u32, count: u32| word >> low & ((1 << count) - 1);
    let signed = |low: u32, count: u32| i64::from((bits(low, count) << (32 - count)).cast_signed() >> (32 - count));
    let register = |low: u32| u8::try_from(bits(low, 5)).unwrap_or(0);
    const SP: u8 = 31;
    let (to, from) = (register(0), register(5));
    // add, sub (immediate, 64 bits)
    if matches!(word >> 23, 0x122 | 0x1a2) {
        let amount = i64::from(bits(10, 12)) << if bits(22, 1) == 1 { 12 } else { 0 };
        let amount = if word >> 30 & 1 == 1 { -amount } else { amount };
        return match (to, from) {
            (SP, SP) => Some(Instruction::Move(amount)),
            (arm64::FP, SP) => Some(Instruction::SetFrame),
            (SP, arm64::FP) => Some(Instruction::ResetStack(-amount)),
            _ => None,
        };
    }
    // stp, ldp of general registers (64 bits) or of vector registers (64 and 128 bits), through the stack pointer
    let scale = match word >> 30 {
        0b10 if bits(26, 1) == 0 => 8,
        0b01 if bits(26, 1) == 1 => 8,
        0b10 if bits(26, 1) == 1 => 16,
        _ => 0,
    };
    if bits(27, 3) == 0b101 && scale != 0 && from == SP {
        let is_load = bits(22, 1) == 1;
        let offset = signed(15, 7) * scale;
        let (offset, moves) = match (bits(23, 3), is_load) {
            (0b001, true) | (0b011, false) => (0, offset),
            (0b010, _) => (offset, 0),
            _ => return None,
        };
        let registers = if bits(26, 1) == 0 { [Some(to), Some(register(10))] } else { [None, None] };
        return Some(Instruction::Transfer { is_load, registers, offset, moves });
    }
    // str, ldr (64 bits) with an offset; before and after moves
    if from == SP && word >> 30 == 0b11 && bits(27, 3) == 0b111 && bits(26, 1) == 0 {
        let is_load = match bits(22, 2) {
            0 => false,
            1 => true,
            _ => return None,
        };
        let (offset, moves) = match (bits(24, 2), bits(10, 2), is_load) {
            (0b01, ..) => (i64::from(bits(10, 12)) * 8, 0),
            (0b00, 0b11, false) | (0b00, 0b01, true) if bits(21, 1) == 0 => (0, signed(12, 9)),
            _ => return None,
        };
        return Some(Instruction::Transfer { is_load, registers: [Some(to), None], offset, moves });
    }
    match word {
        // ret, retaa, retab
        0xd65f_03c0 | 0xd65f_0bff | 0xd65f_0fff => Some(Instruction::Return),
        // Hints: nop, bti, paciasp, pacibsp, autiasp, autibsp.
        _ if word & 0xffff_f01f == 0xd503_201f => Some(Instruction::Nothing),
        _ if word >> 26 == 0b00_0101 => Some(Instruction::Jump(signed(0, 26) * 4)),
        // bl; blr, blraa and their kin
        _ if word >> 26 == 0b10_0101 || word & 0xfeff_f000 == 0xd63f_0000 => Some(Instruction::Call),
        // br, braa and their kin
        _ if word & 0xfeff_f000 == 0xd61f_0000 => Some(Instruction::JumpRegister),
        _ => None,
    }
}
