//! Reading the prologue of an x86-64 function: pushes, the frame pointer, one allocation.

use vocabulary::{Arch, Reg, amd64};

use crate::row::{Place, ReturnAddress, Row, amd64_register};

/// The rules before the instruction at `offset` of a function that begins with `code`, if all instructions before it are of its
/// prologue and it is one itself: then not all of the prologue has run.
pub(super) fn row(code: &[u8], offset: usize) -> Option<Row> {
    let mut row = Row::at_entry(Arch::Amd64);
    let mut depth = 8i64;
    let mut frame: Option<i64> = None;
    let mut saved: [Option<(Reg, i64)>; 8] = [None; 8];
    let mut count = 0;
    let mut at = 0;
    loop {
        let (length, instruction) = decode(code.get(at..)?)?;
        if at == offset {
            break;
        }
        match instruction {
            Instruction::Push(register) => {
                depth += 8;
                *saved.get_mut(count)? = Some((register, depth));
                count += 1;
            }
            Instruction::SetFrame => frame = Some(depth),
            Instruction::Allocate(bytes) => depth = depth.checked_add(bytes)?,
            Instruction::Nothing => {}
        }
        at += length;
        if at > offset {
            return None;
        }
    }
    let cfa = match frame {
        Some(depth) => Place { base: amd64::RBP, offset: depth },
        None => Place { base: amd64::RSP, offset: depth },
    };
    let below = |distance: i64| Place { offset: cfa.offset - distance, ..cfa };
    row.cfa = cfa;
    row.return_address = ReturnAddress::Stored(below(8));
    // Others are pushed to align the stack.
    let is_preserved = |register: Reg| matches!(register, amd64::RBX | amd64::RBP | amd64::R12..=amd64::R15);
    for &(register, distance) in saved.iter().flatten().filter(|(register, _)| is_preserved(*register)) {
        row.save(register, below(distance));
    }
    Some(row)
}

enum Instruction {
    Push(Reg),
    /// mov rbp, rsp
    SetFrame,
    Allocate(i64),
    /// endbr64
    Nothing,
}

fn decode(code: &[u8]) -> Option<(usize, Instruction)> {
    use Instruction::{Allocate, Nothing, Push, SetFrame};
    Some(match *code {
        [push @ 0x50..=0x57, ..] => (1, Push(amd64_register(push & 7))),
        [0x41, push @ 0x50..=0x57, ..] => (2, Push(amd64_register(push & 7 | 8))),
        [0x48, 0x89, 0xe5, ..] | [0x48, 0x8b, 0xec, ..] => (3, SetFrame),
        [0x48, 0x83, 0xec, bytes, ..] => (4, Allocate(bytes.cast_signed().into())),
        [0x48, 0x81, 0xec, a, b, c, d, ..] => (7, Allocate(i32::from_le_bytes([a, b, c, d]).into())),
        [0xf3, 0x0f, 0x1e, 0xfa, ..] => (4, Nothing),
        _ => return None,
    })
}
