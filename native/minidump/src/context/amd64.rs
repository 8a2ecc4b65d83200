//! x86-64: `CONTEXT` of Windows, 1232 bytes, used by all writers. The flags come after six home slots.

use vocabulary::{Arch, amd64};

use super::{Context, Fields, Layout};
use crate::reader::{u16_at, u32_at};

pub(super) const LAYOUT: Layout = Layout { arch: Arch::Amd64, size: 1232, claims, read };

fn claims(bytes: &[u8]) -> bool {
    u32_at(bytes, 48).is_some_and(|flags| flags & 0x10_0000 != 0)
}

fn read(bytes: &[u8]) -> Context {
    let mut fields = Fields::new(bytes, Arch::Amd64);
    let order =
        [amd64::RAX, amd64::RCX, amd64::RDX, amd64::RBX, amd64::RSP, amd64::RBP, amd64::RSI, amd64::RDI, amd64::R8];
    for (i, register) in order.into_iter().chain(amd64::R8 + 1..=amd64::R15).enumerate() {
        fields.word64(register, 120 + 8 * i);
    }
    fields.word64(amd64::RIP, 248);
    let code_segment = u16_at(bytes, 56).unwrap_or(0);
    Context { code_segment, ..fields.finish(48, 68) }
}
