//! Damaged tables: every answer is bounded, none is a panic.

use symbols::index::{Bytes, Stamp};
use unwind::{UnwindRules as _, UnwindSource as _};
use unwind_tables::Tables;
use vocabulary::Arch;

use super::stub::{Frame, Random};
use super::{fixture, stored};

const SOURCE: Stamp = Stamp { size: 0, modified: 0 };

/// Ask damaged tables for rules all over the image.
fn ask(bytes: Vec<u8>, arch: Arch, random: &mut Random, frame: &mut Frame) {
    let Ok(tables) = Tables::open(Bytes::Owned(bytes), SOURCE) else { return };
    let _ = tables.count();
    for _ in 0..40 {
        let rva = random.next() % 0x1800;
        frame.is_exact = random.next() & 1 == 0;
        frame.registers.set(arch.pc(), rva);
        if let Some(rules) = tables.rules_at(arch, rva) {
            let _ = (rules.size(), rules.apply(frame));
        }
        if let Some(rules) = tables.code_at(arch, rva) {
            let _ = rules.apply(frame);
        }
    }
}

fn damage(name: &str, arch: Arch) {
    let whole = stored(&fixture(name));
    // The head and the table of sections are under a checksum.
    let body = 64 + 32 * usize::from(whole[12]);
    let (mut random, mut frame) = (Random(0x1234_5678_9abc_def1), Frame::new(arch));
    for _ in 0..1500 {
        let mut damaged = whole.clone();
        for _ in 0..=random.next() % 8 {
            let at = body + random.next() as usize % (damaged.len() - body);
            damaged[at] = match random.next() % 4 {
                0 => 0,
                1 => 0xff,
                2 => damaged[at] ^ 1 << (random.next() % 8),
                _ => random.next() as u8,
            };
        }
        ask(damaged, arch, &mut random, &mut frame);
    }
}

#[test]
fn damaged_tables_of_every_fixture() {
    damage("thumb.so", Arch::Arm);
    damage("arm-fp.so", Arch::Arm);
    damage("cantunwind.so", Arch::Arm);
    damage("arm64-pac.so", Arch::Arm64);
    damage("x86_64.so", Arch::Amd64);
}

#[test]
fn code_that_never_ends_is_followed_for_a_bounded_time() {
    use unwind_tables::{Builder, Kind};
    use vocabulary::Os;
    // Branches to the next instruction, conditional ones, tables: 64 KiB of each.
    for pattern in [0xd0ff_u16, 0xe7ff, 0xb100, 0xbf08, 0xe8df, 0xbd00] {
        let code: Vec<u8> = (0..1 << 19).flat_map(|_| pattern.to_le_bytes()).collect();
        let mut builder = Builder::new(Arch::Arm, Os::Linux, 0);
        builder.section(Kind::Code, 0, code);
        builder.function_starts([1]);
        let tables = builder.open(SOURCE).unwrap();
        let mut frame = Frame::new(Arch::Arm);
        frame.registers.set(vocabulary::arm::CPSR, 0x30);
        for rva in (0..1 << 20).step_by(1 << 15) {
            if let Some(rules) = tables.code_at(Arch::Arm, rva) {
                let _ = rules.apply(&frame);
            }
        }
    }
}
