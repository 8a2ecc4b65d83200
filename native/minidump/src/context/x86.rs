//! 32-bit x86: `CONTEXT` of Windows, 716 bytes, used by all writers.

use vocabulary::{Arch, x86};

use super::{Context, Fields, Layout};
use crate::reader::u32_at;

pub(super) const LAYOUT: Layout = Layout { arch: Arch::X86, size: 716, claims, read };

fn claims(bytes: &[u8]) -> bool {
    u32_at(bytes, 0).is_some_and(|flags| flags & 0x1_0000 != 0)
}

fn read(bytes: &[u8]) -> Context {
    let mut fields = Fields::new(bytes, Arch::X86);
    let order = [x86::EDI, x86::ESI, x86::EBX, x86::EDX, x86::ECX, x86::EAX, x86::EBP, x86::EIP];
    for (i, register) in order.into_iter().enumerate() {
        fields.word32(register, 156 + 4 * i);
    }
    fields.word32(x86::ESP, 196);
    fields.finish(0, 192)
}
