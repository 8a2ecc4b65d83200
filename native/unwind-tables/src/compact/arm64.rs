//! The encodings of ARM64.

use macho_unwind_info::opcodes::OpcodeArm64;
use vocabulary::arm64;

use super::{Encoded, Function};
use crate::row::{Place, ReturnAddress, Row};

/// Bits of the pairs of general registers that are stored, from x19 and x20 on.
const PAIRS: u32 = 5;

/// What the encoding of a function comes to.
pub(super) fn encoded(function: Function) -> Option<Encoded> {
    let mut row = match OpcodeArm64::parse(function.encoding) {
        OpcodeArm64::Null => return Some(Encoded::Nothing),
        OpcodeArm64::Dwarf { eh_frame_fde } => return Some(Encoded::Dwarf(eh_frame_fde)),
        OpcodeArm64::FrameBased { .. } => {
            let at = |offset| Place { base: arm64::FP, offset };
            let mut row = Row::new(at(16), ReturnAddress::Stored(at(8)));
            row.save(arm64::FP, at(0));
            row
        }
        OpcodeArm64::Frameless { stack_size_in_bytes } => {
            let cfa = Place { base: arm64::SP, offset: stack_size_in_bytes.into() };
            Row::new(cfa, ReturnAddress::Register(arm64::LR))
        }
        OpcodeArm64::UnrecognizedKind(_) => return None,
    };
    // Pairs follow each other downwards: from the frame record, or from the top of the frame.
    let is_framed = row.saved(arm64::FP).is_some();
    let mut place = if is_framed { Place { offset: 0, ..row.cfa } } else { row.cfa };
    for pair in (0..PAIRS).filter(|pair| function.encoding >> pair & 1 == 1) {
        let first = arm64::X19 + 2 * u8::try_from(pair).unwrap_or(0);
        for register in [first, first + 1] {
            place.offset -= 8;
            row.save(register, place);
        }
    }
    Some(Encoded::Row(row))
}
