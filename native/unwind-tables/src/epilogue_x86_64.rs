//! Reading the epilogue of an x86-64 function, from an instruction of it to its end.
//!
//! What these instructions do is all that they do: stack pointer up, registers popped, return. So whatever table describes the
//! function's body, from here the code itself is right.

use vocabulary::{Arch, Reg, amd64};

use crate::row::{Place, ReturnAddress, Row, amd64_register};

/// Instructions of an epilogue, at most: real ones restore up to eight registers.
const INSTRUCTIONS: usize = 16;

/// The rules before the first instruction of `code`, if it is in an epilogue. `leaves` says whether a jump over so many bytes from
/// the beginning of `code` leads out of the function: one that does not is no end.
pub(crate) fn row(code: &[u8], leaves: impl Fn(i64) -> bool) -> Option<Row> {
    let mut sp = Place { base: amd64::RSP, offset: 0 };
    let mut row = Row::at_entry(Arch::Amd64);
    let mut at = 0;
    for _ in 0..INSTRUCTIONS {
        let bytes = code.get(at..)?;
        let (length, instruction) = decode(bytes)?;
        at += length;
        match instruction {
            Instruction::Add(bytes) => sp.offset = sp.offset.checked_add(bytes)?,
            // A register that was popped before is not what it was.
            Instruction::Set(base, offset) if row.saved(base).is_none() => sp = Place { base, offset },
            Instruction::Set(..) => return None,
            Instruction::Leave if row.saved(amd64::RBP).is_none() => {
                row.save(amd64::RBP, Place { base: amd64::RBP, offset: 0 });
                sp = Place { base: amd64::RBP, offset: 8 };
            }
            Instruction::Leave => return None,
            Instruction::Pop(register) => {
                row.save(register, sp);
                sp.offset = sp.offset.checked_add(8)?;
            }
            Instruction::Return => return Some(done(row, sp)),
            Instruction::Jump(distance) => {
                let target = i64::try_from(at).ok()?.checked_add(distance)?;
                return leaves(target).then(|| done(row, sp));
            }
        }
    }
    None
}

fn done(mut row: Row, sp: Place) -> Row {
    row.return_address = ReturnAddress::Stored(sp);
    row.cfa = Place { offset: sp.offset.saturating_add(8), ..sp };
    row
}

enum Instruction {
    /// Add to the stack pointer.
    Add(i64),
    /// Set the stack pointer to a register and a number.
    Set(Reg, i64),
    Pop(Reg),
    /// Set the stack pointer to rbp and pop rbp.
    Leave,
    Return,
    /// Jump: bytes from the next instruction. A jump through memory or a register leads out in any case.
    Jump(i64),
}

/// Farther than any function is long.
const OUT: i64 = i64::MAX / 2;

/// The instruction at the beginning of some code and its length. `None`: none that an epilogue has.
fn decode(code: &[u8]) -> Option<(usize, Instruction)> {
    use Instruction::{Add, Jump, Leave, Pop, Return, Set};
    // rep and bnd, before jumps and returns
    if let [0xf2 | 0xf3, rest @ ..] = code
        && matches!(rest, [0xc2 | 0xc3 | 0xe9 | 0xeb | 0xff, ..])
    {
        return decode(rest).map(|(length, instruction)| (length + 1, instruction));
    }
    let (rex, code) = match code {
        [rex @ 0x40..=0x4f, rest @ ..] => (*rex, rest),
        _ => (0, code),
    };
    let wide = rex & 8 != 0;
    let extended = (rex & 1) << 3;
    let (length, instruction) = match *code {
        [0x83, 0xc4, n, ..] if wide => (3, Add(signed8(n))),
        [0x81, 0xc4, a, b, c, d, ..] if wide => (6, Add(signed32([a, b, c, d]))),
        // lea rsp, [register + n]; r12 needs another byte.
        [0x8d, modrm, n, ..] if wide && modrm & 0xf8 == 0x60 && modrm & 7 != 4 => {
            (3, Set(amd64_register(modrm & 7 | extended), signed8(n)))
        }
        [0x8d, 0x64, 0x24, n, ..] if wide => (4, set_or_add(extended, signed8(n))),
        [0x8d, modrm, a, b, c, d, ..] if wide && modrm & 0xf8 == 0xa0 && modrm & 7 != 4 => {
            (6, Set(amd64_register(modrm & 7 | extended), signed32([a, b, c, d])))
        }
        [0x8d, 0xa4, 0x24, a, b, c, d, ..] if wide => (7, set_or_add(extended, signed32([a, b, c, d]))),
        // mov rsp, register in both encodings
        [0x8b, modrm, ..] if wide && modrm & 0xf8 == 0xe0 => (2, Set(amd64_register(modrm & 7 | extended), 0)),
        [0x89, modrm, ..] if wide && modrm & 0xc7 == 0xc4 => {
            (2, Set(amd64_register(modrm >> 3 & 7 | (rex & 4) << 1), 0))
        }
        [code @ 0x58..=0x5f, ..] => (1, Pop(amd64_register(code & 7 | extended))),
        [0xc9, ..] => (1, Leave),
        [0xc3, ..] | [0xc2, _, _, ..] => (1, Return),
        [0xeb, n, ..] => (2, Jump(signed8(n))),
        [0xe9, a, b, c, d, ..] => (5, Jump(signed32([a, b, c, d]))),
        // jmp [rip + n]: an import. Through other operands only with REX.W, which Windows marks the end of an epilogue with; a
        // switch is without.
        [0xff, 0x25, ..] => (6, Jump(OUT)),
        [0xff, modrm, ..] if wide && modrm & 0x38 == 0x20 => (2, Jump(OUT)),
        _ => return None,
    };
    Some((length + usize::from(rex != 0), instruction))
}

/// `lea rsp, [rsp + n]` or `[r12 + n]`.
const fn set_or_add(extended: u8, n: i64) -> Instruction {
    match extended {
        0 => Instruction::Add(n),
        _ => Instruction::Set(amd64::R12, n),
    }
}

fn signed8(byte: u8) -> i64 {
    i64::from(byte.cast_signed())
}

fn signed32(bytes: [u8; 4]) -> i64 {
    i64::from(i32::from_le_bytes(bytes))
}
