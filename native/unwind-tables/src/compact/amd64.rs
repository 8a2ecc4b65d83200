//! The encodings of x86-64.

use macho_unwind_info::opcodes::{OpcodeX86_64, RegisterNameX86_64};
use vocabulary::{Reg, amd64};

use super::{Encoded, Function};
use crate::image::Image;
use crate::row::{Place, ReturnAddress, Row};

const WORD: i64 = 8;

/// What the encoding of a function comes to.
pub(super) fn encoded(image: &impl Image, function: Function) -> Option<Encoded> {
    match OpcodeX86_64::parse(function.encoding) {
        OpcodeX86_64::Null => Some(Encoded::Nothing),
        OpcodeX86_64::Dwarf { eh_frame_fde } => Some(Encoded::Dwarf(eh_frame_fde)),
        OpcodeX86_64::FrameBased { stack_offset_in_bytes, saved_regs } => {
            let at = |offset| Place { base: amd64::RBP, offset };
            let mut row = Row::new(at(2 * WORD), ReturnAddress::Stored(at(WORD)));
            row.save(amd64::RBP, at(0));
            // The lowest three bits are of the lowest address.
            let first = -i64::from(stack_offset_in_bytes);
            for (saved, offset) in saved_regs.iter().rev().zip((first..).step_by(8)) {
                if let Some(saved) = saved {
                    row.save(register(*saved), at(offset));
                }
            }
            Some(Encoded::Row(row))
        }
        OpcodeX86_64::FramelessImmediate { stack_size_in_bytes, saved_regs } => {
            Some(Encoded::Row(frameless(stack_size_in_bytes.into(), &saved_regs)))
        }
        OpcodeX86_64::FramelessIndirect { immediate_offset_from_function_start, stack_adjust_in_bytes, saved_regs } => {
            let at = u64::from(function.begin) + u64::from(immediate_offset_from_function_start);
            let size = u32::from_le_bytes(*image.bytes_from(at)?.first_chunk()?);
            Some(Encoded::Row(frameless(i64::from(size) + i64::from(stack_adjust_in_bytes), &saved_regs)))
        }
        OpcodeX86_64::InvalidFrameless | OpcodeX86_64::UnrecognizedKind(_) => None,
    }
}

/// A function whose frame has so many bytes, the return address included. The registers are stored below that, the first one lowest.
fn frameless(size: i64, saved: &[Option<RegisterNameX86_64>; 6]) -> Row {
    let at = |offset| Place { base: amd64::RSP, offset };
    let mut row = Row::new(at(size), ReturnAddress::Stored(at(size - WORD)));
    let mut offset = size - WORD;
    for saved in saved.iter().rev().flatten() {
        offset -= WORD;
        row.save(register(*saved), at(offset));
    }
    row
}

const fn register(name: RegisterNameX86_64) -> Reg {
    match name {
        RegisterNameX86_64::Rbx => amd64::RBX,
        RegisterNameX86_64::R12 => amd64::R12,
        RegisterNameX86_64::R13 => amd64::R12 + 1,
        RegisterNameX86_64::R14 => amd64::R12 + 2,
        RegisterNameX86_64::R15 => amd64::R15,
        RegisterNameX86_64::Rbp => amd64::RBP,
    }
}
