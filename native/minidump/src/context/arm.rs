//! 32-bit ARM: Breakpad's 368 bytes. Windows's own `CONTEXT` (flag 0x200000, 416 bytes) has the same
//! beginning, and the integer registers are in it.

use vocabulary::{Arch, arm};

use super::{Context, Fields, Layout};
use crate::reader::u32_at;

pub(super) const LAYOUT: Layout = Layout { arch: Arch::Arm, size: 368, claims, read };

/// Flags of early Breakpad: the floating-point part's bit and nothing else.
const LEGACY: u32 = 0x40;

/// The mode of programs, in the status register.
const USER: u32 = 0x10;

fn claims(bytes: &[u8]) -> bool {
    u32_at(bytes, 0).is_some_and(|flags| flags & 0x4020_0000 != 0 || flags == LEGACY)
}

fn read(bytes: &[u8]) -> Context {
    let mut fields = Fields::new(bytes, Arch::Arm);
    for register in 0..16 {
        fields.word32(register, 4 + 4 * usize::from(register));
    }
    // Where the word is that of a program's code, it says in which mode this is.
    if u32_at(bytes, 68).is_some_and(|flags| flags & 0x1f == USER) {
        fields.word32(arm::CPSR, 68);
    }
    fields.finish(0, 68)
}
