//! The unwind codes of ARM64.
//!
//! Each code undoes one instruction of a prologue, and in an epilogue describes one instruction; so part of a sequence is skipped
//! where only part of the instructions has run. Source: Microsoft's "ARM64 exception handling".

use vocabulary::{Arch, Reg, arm64};

use super::Step;
use super::special::Special;
use crate::row::{Place, ReturnAddress, Row};

/// A code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    /// Allocate so many bytes.
    Allocate(i64),
    /// Store registers that follow each other at an offset from the stack pointer, or allocate so many bytes and store them there.
    Save { first: Reg, count: u8, offset: i64, allocate: i64 },
    /// Store x19 + 2n and lr.
    SavePairWithLink { first: Reg, offset: i64 },
    /// Store vector registers, and allocate so many bytes.
    SaveVector { allocate: i64 },
    /// The frame pointer is the stack pointer plus so many bytes.
    SetFrame(i64),
    /// An instruction without effect on the frame; signing the return address is one.
    Nothing,
    /// The end of the sequence.
    End,
    /// The end of the codes of a part of a function; those of the whole follow.
    EndOfPart,
    /// The pair of registers after the pair of the next code is stored as well.
    SaveNext,
    /// `MSFT_OP_MACHINE_FRAME`
    MachineFrame,
    /// `MSFT_OP_CONTEXT`
    Context,
    /// `MSFT_OP_CLEAR_UNWOUND_TO_CALL`
    NoCall,
    /// One that is not known, or describes a frame of the kernel or of emulated code.
    Unknown,
}

impl Code {
    /// Whether an instruction belongs to it.
    const fn is_instruction(self) -> bool {
        !matches!(self, Self::End | Self::EndOfPart | Self::MachineFrame | Self::Context | Self::NoCall)
    }
}

/// The first code of some bytes, and the rest.
pub(crate) fn decode(bytes: &[u8]) -> Option<(Code, &[u8])> {
    let &first = bytes.first()?;
    let length = match first {
        0xc0..=0xdf | 0xe2 => 2,
        0xe0 => 4,
        0xe7 => 3,
        _ => 1,
    };
    let (code, rest) = bytes.split_at_checked(length)?;
    let number = code.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
    let bits = |low: u32, count: u32| number >> low & ((1 << count) - 1);
    let slots = |low: u32, count: u32| i64::from(bits(low, count)) * 8;
    let register = |low: u32, count: u32| arm64::X19 + u8::try_from(bits(low, count)).unwrap_or(0);
    let pair = |first, offset, allocate| Code::Save { first, count: 2, offset, allocate };
    let single = |first, offset, allocate| Code::Save { first, count: 1, offset, allocate };
    let code = match first {
        0x00..=0x1f => Code::Allocate(i64::from(bits(0, 5)) * 16),
        0x20..=0x3f => pair(arm64::X19, 0, slots(0, 5)),
        0x40..=0x7f => pair(arm64::FP, slots(0, 6), 0),
        0x80..=0xbf => pair(arm64::FP, 0, slots(0, 6) + 8),
        0xc0..=0xc7 => Code::Allocate(i64::from(bits(0, 11)) * 16),
        0xc8..=0xcb => pair(register(6, 4), slots(0, 6), 0),
        0xcc..=0xcf => pair(register(6, 4), 0, slots(0, 6) + 8),
        0xd0..=0xd3 => single(register(6, 4), slots(0, 6), 0),
        0xd4..=0xd5 => single(register(5, 4), 0, slots(0, 5) + 8),
        0xd6..=0xd7 => Code::SavePairWithLink {
            first: arm64::X19 + 2 * u8::try_from(bits(6, 3)).unwrap_or(0),
            offset: slots(0, 6),
        },
        0xd8..=0xd9 | 0xdc..=0xdd => Code::SaveVector { allocate: 0 },
        0xda..=0xdb => Code::SaveVector { allocate: slots(0, 6) + 8 },
        0xde => Code::SaveVector { allocate: slots(0, 5) + 8 },
        0xe0 => Code::Allocate(i64::from(bits(0, 24)) * 16),
        0xe1 => Code::SetFrame(0),
        0xe2 => Code::SetFrame(slots(0, 8)),
        0xe3 | 0xfc => Code::Nothing,
        0xe4 => Code::End,
        0xe5 => Code::EndOfPart,
        0xe6 => Code::SaveNext,
        0xe7 => any_register(bits(8, 8), bits(6, 2), bits(0, 6)),
        0xe9 => Code::MachineFrame,
        0xea => Code::Context,
        0xec => Code::NoCall,
        _ => Code::Unknown,
    };
    Some((code, rest))
}

/// `save_any_reg`: any general or vector register, or a pair.
fn any_register(register: u32, class: u32, offset: u32) -> Code {
    let (is_pair, allocates) = (register & 0x40 != 0, register & 0x20 != 0);
    let offset = i64::from(offset);
    let (offset, allocate) = match allocates {
        true => (0, (offset + 1) * 16),
        false if is_pair || class == 2 => (offset * 16, 0),
        false => (offset * 8, 0),
    };
    match class {
        _ if register & 0x80 != 0 => Code::Unknown,
        0 => {
            let first = u8::try_from(register & 0x1f).unwrap_or(0);
            Code::Save { first, count: if is_pair { 2 } else { 1 }, offset, allocate }
        }
        1 | 2 => Code::SaveVector { allocate },
        _ => Code::Unknown,
    }
}

/// How many instructions a sequence describes.
pub(crate) fn instructions(mut bytes: &[u8]) -> u32 {
    let mut count = 0;
    while let Some((code, rest)) = decode(bytes) {
        if matches!(code, Code::End | Code::EndOfPart) {
            break;
        }
        count += u32::from(code.is_instruction());
        bytes = rest;
    }
    count
}

/// What a sequence comes to when the first `skip` of its instructions are left out. `None`: it contains a code that is not known, or
/// is cut.
pub(crate) fn run(codes: impl IntoIterator<Item = Option<Code>>, skip: u32) -> Option<Step> {
    let mut state = State { sp: Place { base: arm64::SP, offset: 0 }, row: Row::at_entry(Arch::Arm64), more: 0 };
    let mut skip = skip;
    for code in codes {
        let code = code?;
        if skip > 0 && code.is_instruction() {
            skip -= 1;
            continue;
        }
        if let Some(step) = state.undo(code)? {
            return Some(step);
        }
    }
    None
}

/// The codes of a sequence one by one; the last is `None` if it is cut. The last sequence of a function may do without its end
/// (sighted in an epilogue of MSVC's that ends with instructions of other use).
pub(crate) fn sequence(mut bytes: &[u8]) -> impl Iterator<Item = Option<Code>> {
    let mut is_over = false;
    std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        let Some((code, rest)) = decode(bytes) else {
            is_over = true;
            return Some(bytes.is_empty().then_some(Code::End));
        };
        is_over = code == Code::End;
        bytes = rest;
        Some(Some(code))
    })
}

struct State {
    sp: Place,
    row: Row,
    /// Registers that the next code stores besides its own.
    more: u8,
}

impl State {
    fn undo(&mut self, code: Code) -> Option<Option<Step>> {
        let more = std::mem::take(&mut self.more);
        match code {
            Code::Allocate(bytes) => self.release(bytes)?,
            Code::Save { first, count, offset, allocate } => {
                // Only pairs are followed by others.
                let count = if count == 2 { count.saturating_add(more) } else { count };
                for index in 0..count {
                    self.restore(first.saturating_add(index), offset + i64::from(index) * 8)?;
                }
                self.release(allocate)?;
            }
            Code::SavePairWithLink { first, offset } => {
                self.restore(first, offset)?;
                self.restore(arm64::LR, offset + 8)?;
            }
            Code::SaveVector { allocate } => self.release(allocate)?,
            // Of a frame pointer that was restored before nothing is known here.
            Code::SetFrame(_) if self.row.saved(arm64::FP).is_some() => return None,
            Code::SetFrame(above) => self.sp = Place { base: arm64::FP, offset: -above },
            Code::SaveNext => self.more = more.saturating_add(2),
            Code::Nothing | Code::EndOfPart => {}
            Code::MachineFrame => return Some(Some(Step::Special(Special::MachineFrame(self.sp), self.row))),
            Code::Context => return Some(Some(Step::Special(Special::Context(self.sp), self.row))),
            Code::NoCall => return Some(Some(Step::Special(Special::NoCall(self.sp), self.row))),
            Code::End => {
                self.row.cfa = self.sp;
                if let Some(place) = self.row.saved(arm64::LR) {
                    self.row.return_address = ReturnAddress::Stored(place);
                }
                return Some(Some(Step::Row(self.row)));
            }
            Code::Unknown => return None,
        }
        Some(None)
    }

    fn release(&mut self, bytes: i64) -> Option<()> {
        self.sp.offset = self.sp.offset.checked_add(bytes)?;
        Some(())
    }

    /// Vector registers follow the last general ones; they are not restored.
    fn restore(&mut self, register: Reg, offset: i64) -> Option<()> {
        let offset = self.sp.offset.checked_add(offset)?;
        if register <= arm64::LR {
            self.row.save(register, Place { offset, ..self.sp });
        }
        Some(())
    }
}
