//! `.eh_frame` of 64-bit code against framehop, which reads the same tables another way.

use std::ops::Range;

use framehop::x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64};
use framehop::{ExplicitModuleSectionInfo, FrameAddress, Module, Unwinder as _};
use object::{Object as _, ObjectSection as _};
use unwind::{UnwindRules as _, UnwindSource as _, UnwindState as _, Unwound};
use unwind_tables::Kind;
use vocabulary::{Arch, amd64};

use super::stub::{Frame, Random};
use super::{corpus, fixture, tables};

const LOADED: u64 = 0x5555_0000_0000;

/// Addresses of code that both unwind alike, and those that they do not.
fn compare(file: &[u8], addresses: usize) -> (u32, u32) {
    let object = object::File::parse(file).unwrap();
    let section = |name: &str| {
        let section = object.section_by_name(name)?;
        Some((section.address()..section.address() + section.size(), section.data().ok()?.to_vec()))
    };
    let (text, _) = section(".text").unwrap();
    let (range, frames) = section(".eh_frame").unwrap();
    let end = text.end.max(range.end) + 0x10000;
    let info = ExplicitModuleSectionInfo {
        text_svma: Some(text.clone()),
        eh_frame_svma: Some(range),
        eh_frame: Some(frames),
        ..ExplicitModuleSectionInfo::default()
    };
    let mut unwinder: UnwinderX86_64<Vec<u8>> = UnwinderX86_64::new();
    let loaded: Range<u64> = LOADED..LOADED + end;
    unwinder.add_module(Module::new("module".to_owned(), loaded, LOADED, info));
    let mut cache = CacheX86_64::<_>::new();
    let ours = tables(file, |kind| matches!(kind, Kind::EhFrame | Kind::EhFrameIndex));
    let (mut random, mut counts) = (Random(88_172_645_463_325_252), (0, 0));
    let mut frame = Frame::new(Arch::Amd64);
    for _ in 0..addresses {
        let rva = text.start + random.next() % (text.end - text.start);
        let Some(rules) = ours.rules_at(Arch::Amd64, rva) else { continue };
        frame.registers.set(amd64::RIP, LOADED + rva);
        let Unwound::Caller(expected) = rules.apply(&frame) else { continue };
        let get = |register| frame.registers.get(register).unwrap();
        let mut theirs = UnwindRegsX86_64::new(LOADED + rva, get(amd64::RSP), get(amd64::RBP));
        let address = FrameAddress::from_instruction_pointer(LOADED + rva);
        let mut read = |address: u64| frame.word(address).ok_or(());
        let found = unwinder.unwind_frame(address, &mut theirs, &mut cache, &mut read);
        let is_same = found == Ok(Some(expected.pc()))
            && theirs.sp() == expected.sp()
            && Some(theirs.bp()) == expected.get(amd64::RBP);
        if is_same { counts.0 += 1 } else { counts.1 += 1 }
    }
    counts
}

#[test]
fn random_addresses_are_unwound_alike() {
    let (same, other) = compare(&fixture("x86_64.so"), 20_000);
    assert!(same > 5_000 && other == 0, "{same} {other}");
    for name in ["libc.so.6", "libstdc++.so.6"] {
        let Some(path) = corpus(&format!("live-more/binaries/x86_64/{name}")) else { continue };
        let (same, other) = compare(&std::fs::read(path).unwrap(), 50_000);
        // framehop computes no expressions and guesses some frames by their pointer.
        assert!(same > 20_000 && other * 200 <= same, "{name}: {same} {other}");
    }
}
