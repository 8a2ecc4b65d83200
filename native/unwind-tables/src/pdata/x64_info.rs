//! `RUNTIME_FUNCTION` and `UNWIND_INFO` of x86-64, versions 1 and 2.
//!
//! Source: Microsoft's "x64 exception handling"; version 2, which that does not describe, as .NET's unwinder reads it.

use vocabulary::Reg;

use crate::image::Image;
use crate::row::amd64_register;

/// Bytes of an entry of `.pdata`.
pub(crate) const ENTRY: usize = 12;

/// An entry of `.pdata`: a function, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its first address, relative to the image's base as all here.
    pub begin: u32,
    /// The address after its last.
    pub end: u32,
    /// Where its `UNWIND_INFO` is.
    pub info: u32,
}

impl Function {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (words, _) = bytes.as_chunks::<4>();
        let word = |index: usize| words.get(index).map(|word| u32::from_le_bytes(*word));
        Some(Self { begin: word(0)?, end: word(1)?, info: word(2)? })
    }
}

const CHAINED: u8 = 4;

/// An operation of a prologue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    /// Push a register.
    Push(Reg),
    /// Allocate so many bytes.
    Allocate(u32),
    /// Set the frame register.
    SetFrame,
    /// Store a register so many bytes above the frame's base.
    Save(Reg, u32),
    /// Store a vector register, or nothing.
    Nothing,
    /// The processor pushed a machine frame, with an error code or without.
    MachineFrame { error_code: bool },
}

/// An `UNWIND_INFO`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Info<'d> {
    /// Bytes of the prologue.
    pub(crate) prologue: u8,
    /// The frame register, and how many bytes above the frame's base it points.
    pub(crate) frame: Option<(Reg, i64)>,
    version: u8,
    codes: &'d [[u8; 2]],
    /// The entry of the function that this is a part of.
    pub(crate) parent: Option<Function>,
}

impl<'d> Info<'d> {
    /// `None`: another version, or cut.
    pub(crate) fn read(image: &'d impl Image, rva: u32) -> Option<Self> {
        let bytes = image.bytes_from(rva.into())?;
        let (&[version_and_flags, prologue, count, frame], rest) = bytes.split_first_chunk::<4>()?;
        let (version, flags) = (version_and_flags & 7, version_and_flags >> 3);
        if !matches!(version, 1 | 2) {
            return None;
        }
        let (slots, _) = rest.as_chunks::<2>();
        let codes = slots.get(..usize::from(count))?;
        // The number of slots is even in the file.
        let after = rest.get(usize::from(count).next_multiple_of(2) * 2..);
        let parent = match flags & CHAINED {
            0 => None,
            _ => Some(Function::read(after?)?),
        };
        let frame = match frame & 15 {
            0 => None,
            register => Some((amd64_register(register), i64::from(frame >> 4) * 16)),
        };
        Some(Self { prologue, frame, version, codes, parent })
    }

    /// Bytes of its codes.
    pub(crate) const fn size(&self) -> usize {
        self.codes.len() * 2
    }

    /// The operations with the offsets of the instructions after them, the last one of the prologue first. `Err`: a code that
    /// is not known, or whose operand is cut.
    pub(crate) fn ops(&self) -> impl Iterator<Item = Result<(u8, Op), ()>> + use<'d> {
        let (version, mut codes) = (self.version, self.codes);
        std::iter::from_fn(move || {
            let (&[offset, code], rest) = codes.split_first()?;
            let (kind, value) = (code & 15, code >> 4);
            let operands = match (kind, value) {
                (0 | 2 | 3 | 10, _) => 0,
                (1, 0) | (4 | 8, _) => 1,
                (1, 1) | (5 | 9, _) => 2,
                (6, _) if version == 2 => 0,
                (7, _) if version == 2 => 2,
                _ => usize::MAX,
            };
            let Some((operand, rest)) = rest.split_at_checked(operands) else {
                codes = &[];
                return Some(Err(()));
            };
            codes = rest;
            let number =
                operand.iter().rev().fold(0, |number, half| number << 16 | u32::from(u16::from_le_bytes(*half)));
            let op = match kind {
                0 => Op::Push(amd64_register(value)),
                1 if value == 0 => Op::Allocate(number * 8),
                1 => Op::Allocate(number),
                2 => Op::Allocate(u32::from(value) * 8 + 8),
                3 => Op::SetFrame,
                4 => Op::Save(amd64_register(value), number * 8),
                5 => Op::Save(amd64_register(value), number),
                10 => Op::MachineFrame { error_code: value == 1 },
                _ => Op::Nothing,
            };
            // The codes of epilogues have no place in the prologue.
            Some(Ok((if kind == 6 { u8::MAX } else { offset }, op)))
        })
    }

    /// Whether an offset from the end of the function is in an epilogue; `None` if that is not stated.
    pub(crate) fn is_in_epilogue(&self, before_end: u32) -> Option<bool> {
        let is_epilogue = |code: &&[u8; 2]| self.version == 2 && code[1] & 15 == 6;
        let mut epilogues = self.codes.iter().take_while(is_epilogue);
        let &[size, first] = epilogues.next()?;
        let holds = |distance: u32| before_end <= distance && distance - before_end < u32::from(size);
        let at_end = first >> 4 & 1 == 1 && holds(size.into());
        Some(at_end || epilogues.any(|&[low, high]| holds(u32::from(high >> 4) << 8 | u32::from(low))))
    }
}
