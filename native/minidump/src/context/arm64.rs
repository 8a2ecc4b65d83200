//! 64-bit ARM: Windows's `CONTEXT` of 912 bytes, which Crashpad and Breakpad write too, and the 796
//! bytes of Breakpad before 2018, which Mozilla's and many Android writers still produce. They differ in the
//! flags' width and in where `cpsr` is.

use vocabulary::{Arch, arm64};

use super::{Context, Fields, Layout};
use crate::reader::{u32_at, u64_at};

pub(super) const LAYOUT: Layout = Layout { arch: Arch::Arm64, size: 912, claims, read };
pub(super) const OLD: Layout = Layout { arch: Arch::Arm64, size: 796, claims: claims_old, read: read_old };

fn claims(bytes: &[u8]) -> bool {
    u32_at(bytes, 0).is_some_and(|flags| flags & 0x40_0000 != 0)
}

fn claims_old(bytes: &[u8]) -> bool {
    // The other layout's `cpsr` is where the upper half of these flags is: it may be anything.
    u64_at(bytes, 0).is_some_and(|flags| flags & 0x8040_0000 == 0x8000_0000)
}

fn registers(bytes: &[u8]) -> Fields<'_> {
    let mut fields = Fields::new(bytes, Arch::Arm64);
    // x0 to x30, then sp and pc, in the order of their numbers.
    for register in arm64::X0..=arm64::PC {
        fields.word64(register, 8 + 8 * usize::from(register));
    }
    fields
}

fn read(bytes: &[u8]) -> Context {
    registers(bytes).finish(0, 4)
}

fn read_old(bytes: &[u8]) -> Context {
    registers(bytes).finish(0, 272)
}
