//! AArch64: the group "loads and stores" of the instruction set, read from its bits.
//!
//! Class names and fields are those of the Arm Architecture Reference Manual (DDI 0487, C4.1). The disassembler gives
//! the text alone: it distinguishes neither loads from stores nor sizes.

use vocabulary::{Arch, CodePointers, Registers, arm64};
use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::InstDecoder;

use super::arm64_vector;
use super::operand::{Base, Decoded, MemoryAccess, Target, Use, bit, field, signed};

/// Decodes the instruction at the program counter.
pub(super) fn decode(bytes: &[u8], registers: &Registers) -> Option<Decoded> {
    let word = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let accesses: Vec<_> = access(word, registers).into_iter().collect();
    let target = target(word, registers);
    let text = InstDecoder::default().decode(&mut U8Reader::new(bytes)).ok().map(|i| i.to_string());
    if text.is_none() && accesses.is_empty() && target.is_none() {
        return None;
    }
    // Loads newer than the disassembler keep their bits.
    let text = text.unwrap_or_else(|| format!(".inst {word:#010x}"));
    Some(Decoded { text, length: 4, accesses, target, ..Decoded::default() })
}

/// The base register's field is at the same bits in every load and store.
fn base<'a>(word: u32, registers: &'a Registers) -> Base<'a> {
    Base { registers, register: field(word, 5, 5) as u8 }
}

fn access(word: u32, registers: &Registers) -> Option<MemoryAccess> {
    let base = base(word, registers);
    // DC ZVA, DC GVA, DC GZVA: memset uses the first. A block of 64 bytes on every processor sighted.
    if matches!(word & 0xffff_ffe0, 0xd50b_7420 | 0xd50b_7460 | 0xd50b_7480) {
        let start = general(registers, field(word, 0, 5)).map(|a| a & !63);
        return Some(MemoryAccess { null_base: start == Some(0), ..MemoryAccess::new(start, 64, Use::Write) });
    }
    if word & 0x0a00_0000 != 0x0800_0000 {
        return None;
    }
    if word & 0xbe00_0000 == 0x0c00_0000 {
        return arm64_vector::structures(word, base);
    }
    match word & 0x3b00_0000 {
        0x0800_0000 if !bit(word, 26) => exclusive(word, base),
        0x1800_0000 => literal(word, registers),
        0x1900_0000 => newer(word, base),
        0x2800_0000 | 0x2900_0000 => pair(word, base),
        0x3800_0000 => register(word, registers, base),
        0x3900_0000 => {
            let (size, kind) = plain(word)?;
            Some(base.access(Some(u64::from(field(word, 10, 12)) * size), size, kind))
        }
        _ => None,
    }
}

/// A general register as an operand: number 31 is zero here, not the stack pointer.
fn general(registers: &Registers, number: u32) -> Option<u64> {
    if number == 31 { Some(0) } else { registers.get(number as u8) }
}

/// Size and direction of an ordinary load or store, from `size`, `V` and `opc`. `None`: a prefetch, or nothing.
fn plain(word: u32) -> Option<(u64, Use)> {
    let (size, opc) = (field(word, 30, 2), field(word, 22, 2));
    if bit(word, 26) {
        return match (opc, size) {
            (0 | 1, _) => Some((1 << size, Use::load_if(opc == 1))),
            (_, 0) => Some((16, Use::load_if(opc == 3))),
            _ => None,
        };
    }
    match (opc, size) {
        (0, _) => Some((1 << size, Use::Write)),
        (1, _) | (2, 0..=2) | (3, 0 | 1) => Some((1 << size, Use::Read)),
        _ => None,
    }
}

/// Load register (literal): relative to the program counter.
fn literal(word: u32, registers: &Registers) -> Option<MemoryAccess> {
    let size = match (bit(word, 26), field(word, 30, 2)) {
        (false, 0 | 2) | (true, 0) => 4,
        (false, 1) | (true, 1) => 8,
        (true, 2) => 16,
        // A prefetch, or nothing.
        _ => return None,
    };
    let offset = signed(field(word, 5, 19), 19) << 2;
    Some(Base { registers, register: arm64::PC }.access(Some(offset), size, Use::Read))
}

/// Pairs of registers.
fn pair(word: u32, base: Base<'_>) -> Option<MemoryAccess> {
    let (opc, load) = (field(word, 30, 2), bit(word, 22));
    let (each, size) = match (bit(word, 26), opc) {
        (true, 3) => return None,
        (true, opc) => (4 << opc, 8 << opc),
        (false, 0) => (4, 8),
        (false, 1) if load => (4, 8),
        // STGP writes one pair of registers and the tag of their 16 bytes.
        (false, 1) => (16, 16),
        (false, _) => (8, 16),
    };
    let offset = signed(field(word, 15, 7), 7).wrapping_mul(each);
    // Post-indexed: the offset is added afterwards.
    let offset = if field(word, 23, 2) == 1 { 0 } else { offset };
    Some(base.access(Some(offset), size, Use::load_if(load)))
}

/// One register: unscaled, post- and pre-indexed, unprivileged; by a register; atomics; authenticated loads.
fn register(word: u32, registers: &Registers, base: Base<'_>) -> Option<MemoryAccess> {
    let size = 1 << field(word, 30, 2);
    match (bit(word, 21), field(word, 10, 2)) {
        (false, mode) => {
            let (size, kind) = plain(word)?;
            let offset = if mode == 1 { 0 } else { signed(field(word, 12, 9), 9) };
            Some(base.access(Some(offset), size, kind))
        }
        (true, 2) => {
            let (size, kind) = plain(word)?;
            let index = general(registers, field(word, 16, 5)).and_then(|index| extended(word, index));
            let shift = if bit(word, 12) { size.trailing_zeros() } else { 0 };
            Some(base.access(index.map(|i| i << shift), size, kind))
        }
        (true, 0) => Some(match (bit(word, 15), field(word, 12, 3)) {
            // LDAPR.
            (true, 4) => base.access(Some(0), size, Use::Read),
            // LD64B, ST64B, ST64BV, ST64BV0.
            (true, 5) => base.access(Some(0), 64, Use::Read),
            (true, 1..=3) => base.access(Some(0), 64, Use::Write),
            _ => base.access(Some(0), size, Use::ReadWrite),
        }),
        // LDRAA, LDRAB: the signature is taken off the pointer.
        (true, _) => {
            let offset = signed(field(word, 22, 1) << 9 | field(word, 12, 9), 10) << 3;
            let access = base.access(Some(offset), 8, Use::Read);
            Some(MemoryAccess { address: base.value().map(|b| unsigned_pointer(b).wrapping_add(offset)), ..access })
        }
    }
}

/// The index register, extended by `option`.
const fn extended(word: u32, index: u64) -> Option<u64> {
    match field(word, 13, 3) {
        2 => Some(index & 0xffff_ffff),
        6 => Some(index as u32 as i32 as i64 as u64),
        3 | 7 => Some(index),
        _ => None,
    }
}

/// Bits of an address in a pointer to data.
const DATA_ADDRESS: u64 = (1 << 48) - 1;

/// A pointer without pointer authentication code.
const fn unsigned_pointer(pointer: u64) -> u64 {
    CodePointers::with_address_bits(Arch::Arm64, DATA_ADDRESS).in_both_halves().strip(pointer)
}

/// Exclusive and ordered accesses, compare and swap.
fn exclusive(word: u32, base: Base<'_>) -> Option<MemoryAccess> {
    let (size, ordered, load, o1) = (field(word, 30, 2), bit(word, 23), bit(word, 22), bit(word, 21));
    Some(match (ordered, o1) {
        (_, false) => base.access(Some(0), 1 << size, Use::load_if(load)),
        (false, true) if size >= 2 => base.access(Some(0), 2 << size, Use::load_if(load)),
        // CASP has pairs of 4 and 8 bytes under sizes 0 and 1.
        (false, true) => base.access(Some(0), 8 << size, Use::ReadWrite),
        (true, true) => base.access(Some(0), 1 << size, Use::ReadWrite),
    })
}

/// What came with later versions of the architecture: LDAPUR and STLUR, memory tags, pairs with release, 128-bit
/// atomics, copies.
fn newer(word: u32, base: Base<'_>) -> Option<MemoryAccess> {
    let size = field(word, 30, 2);
    let offset = signed(field(word, 12, 9), 9);
    let opc = field(word, 22, 2);
    match (bit(word, 26), bit(word, 21), field(word, 10, 2)) {
        (false, false, 0) | (true, false, 2) => {
            let (size, kind) = plain(word)?;
            Some(base.access(Some(offset), size, kind))
        }
        // STILP, LDIAPP, and STLR, LDAPR with write-back.
        (false, false, 2) if size >= 2 => {
            let bytes = if opc < 2 { 2u64 << size } else { 1 << size };
            let before = field(word, 12, 4) == 0 && !bit(word, 22);
            let offset = if before { bytes.wrapping_neg() } else { 0 };
            Some(base.access(Some(offset), bytes, Use::load_if(bit(word, 22))))
        }
        // SWPP, LDCLRP, LDSETP.
        (false, true, 0) if size == 0 => Some(base.access(Some(0), 16, Use::ReadWrite)),
        (false, true, mode) if size == 3 => tags(word, base, opc, mode),
        // CPY and SET count in registers how far they are: what they would touch next depends on the processor.
        (_, false, 1) if size == 0 => {
            let kind = if opc == 3 { Use::Write } else { Use::ReadWrite };
            Some(MemoryAccess { size: None, ..MemoryAccess::new(None, 0, kind) })
        }
        _ => None,
    }
}

/// Tags of granules of 16 bytes.
fn tags(word: u32, base: Base<'_>, opc: u32, mode: u32) -> Option<MemoryAccess> {
    let offset = signed(field(word, 12, 9), 9) << 4;
    match (opc, mode) {
        (1, 0) => Some(base.access(Some(offset), 16, Use::Read)),
        // STZGM, STGM, LDGM: for kernels.
        (_, 0) => None,
        (opc, mode) => {
            let offset = if mode == 1 { 0 } else { offset };
            Some(base.access(Some(offset), if opc < 2 { 16 } else { 32 }, Use::Write))
        }
    }
}

/// Unconditional branches.
fn target(word: u32, registers: &Registers) -> Option<Target> {
    if word & 0x7c00_0000 == 0x1400_0000 {
        let offset = signed(field(word, 0, 26), 26) << 2;
        return registers.get(arm64::PC).map(|pc| Target::Address(pc.wrapping_add(offset)));
    }
    // BR, BLR, RET and their authenticating kin.
    if word & 0xfe1f_0000 != 0xd61f_0000 {
        return None;
    }
    let signed = field(word, 10, 6) != 0;
    let register = match field(word, 21, 4) {
        0 | 1 | 8 | 9 => field(word, 5, 5),
        // RETAA and RETAB do not name the link register.
        2 if signed => arm64::LR.into(),
        2 => field(word, 5, 5),
        _ => return None,
    };
    let to = general(registers, register)?;
    Some(Target::Address(if signed { unsigned_pointer(to) } else { to }))
}
