//! `.eh_frame` of 64-bit code against framehop, which reads the same tables another way.

use std::collections::BTreeMap;
use std::ops::Range;

use framehop::aarch64::{CacheAarch64, UnwindRegsAarch64, UnwinderAarch64};
use framehop::x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64};
use framehop::{ExplicitModuleSectionInfo, FrameAddress, Module, Unwinder as _};
use object::{Object as _, ObjectSection as _};
use unwind::{UnwindRules as _, UnwindSource as _, UnwindState as _, Unwound};
use unwind_tables::Kind;
use vocabulary::{Arch, amd64, arm64};

use super::stub::{Frame, Random};
use super::{corpus, fixture, tables};

const LOADED: u64 = 0x5555_0000_0000;

/// The sections that framehop reads, and where the code is.
fn sections(file: &[u8]) -> (ExplicitModuleSectionInfo<Vec<u8>>, Range<u64>, u64) {
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
    (info, text, end)
}

/// How many random instructions of ARM64 code both unwind alike, and how many differ in which way.
fn compare_arm64(file: &[u8], addresses: usize) -> BTreeMap<String, u32> {
    let (info, text, end) = sections(file);
    let mut unwinder: UnwinderAarch64<Vec<u8>> = UnwinderAarch64::new();
    unwinder.add_module(Module::new("module".to_owned(), LOADED..LOADED + end, LOADED, info));
    let mut cache = CacheAarch64::<_>::new();
    let ours = tables(file, |kind| matches!(kind, Kind::EhFrame | Kind::EhFrameIndex));
    let (mut random, mut counts) = (Random(88_172_645_463_325_252), BTreeMap::new());
    let mut frame = Frame::new(Arch::Arm64);
    for _ in 0..addresses {
        let rva = (text.start + random.next() % (text.end - text.start)) & !3;
        let Some(rules) = ours.rules_at(Arch::Arm64, rva) else { continue };
        frame.registers.set(arm64::PC, LOADED + rva);
        let get = |register| frame.registers.get(register).unwrap();
        let mut theirs = UnwindRegsAarch64::new(get(arm64::LR), get(arm64::SP), get(arm64::FP));
        let address = FrameAddress::from_instruction_pointer(LOADED + rva);
        let mut read = |address: u64| frame.word(address).ok_or(());
        let found = unwinder.unwind_frame(address, &mut theirs, &mut cache, &mut read);
        let class = match (rules.apply(&frame), found) {
            (Unwound::Caller(ours), Ok(Some(pc))) => {
                let pairs = [
                    ("pc", Some(pc) == Some(ours.pc())),
                    ("sp", theirs.sp() == ours.sp()),
                    ("fp", Some(theirs.fp()) == ours.get(arm64::FP)),
                ];
                let differ: Vec<&str> = pairs.iter().filter(|pair| !pair.1).map(|pair| pair.0).collect();
                if differ.is_empty() { "same".to_owned() } else { format!("other {}", differ.join(" ")) }
            }
            (Unwound::Root, Ok(Some(_))) => "root".to_owned(),
            (_, Ok(Some(_))) => "only framehop".to_owned(),
            _ => "framehop ends".to_owned(),
        };
        *counts.entry(class).or_default() += 1;
    }
    counts
}

/// What differs is explained: framehop is not told that the code is ARM64's, and so does not read the rows of functions that
/// sign return addresses (the fixture); it has no x0 and no other return address than x30 (10 instructions of glibc, in
/// `setcontext`, `swapcontext` and a stub whose CIE has x15); and it takes an undefined return address, which says that the
/// stack ends, for the one in x30 (`_start`).
#[test]
fn random_arm64_instructions_are_unwound_alike() {
    let of = |counts: &BTreeMap<String, u32>, class: &str| counts.get(class).copied().unwrap_or(0);
    let signed = compare_arm64(&fixture("arm64-pac.so"), 20_000);
    assert!(of(&signed, "same") > 3_000 && of(&signed, "root") + of(&signed, "only framehop") == 0, "{signed:?}");
    let Some(path) = corpus("live-more/binaries/arm64/libc.so.6") else { return };
    let libc = compare_arm64(&std::fs::read(path).unwrap(), 50_000);
    let differ: u32 = libc.iter().filter(|class| class.0 != "same").map(|class| class.1).sum();
    assert!(of(&libc, "same") > 48_000 && differ < 30, "{libc:?}");
    let Some(path) = corpus("live-more/binaries/arm64/c_a64") else { return };
    let program = compare_arm64(&std::fs::read(path).unwrap(), 50_000);
    assert!(program.keys().all(|class| class == "same" || class == "root"), "{program:?}");
    assert!(of(&program, "same") > 40_000 && of(&program, "root") < 1_000, "{program:?}");
}

/// Where framehop differs, the caller is the one that readelf's rows give: the stack pointer, and the return address.
#[test]
fn where_framehop_differs_the_rows_decide() {
    let caller = |file: &[u8], rva: u64| {
        let tables = tables(file, |kind| matches!(kind, Kind::EhFrame | Kind::EhFrameIndex));
        let mut frame = Frame::new(Arch::Arm64);
        frame.registers.set(arm64::PC, LOADED + rva);
        let Some(Unwound::Caller(caller)) = tables.rules_at(Arch::Arm64, rva).map(|rules| rules.apply(&frame)) else {
            panic!("{rva:#x}")
        };
        (caller.sp(), caller.pc(), frame)
    };
    let get = |frame: &Frame, register| frame.registers.get(register).unwrap();
    // CFA sp+20032, the return address in x30 or at CFA-20024.
    let file = fixture("arm64-pac.so");
    let (sp, pc, frame) = caller(&file, 0x6bc);
    assert_eq!((sp, pc), (get(&frame, arm64::SP) + 20032, get(&frame, arm64::LR)));
    let (sp, _, frame) = caller(&file, 0x6c0);
    assert_eq!(sp, get(&frame, arm64::SP) + 20032);
    let Some(path) = corpus("live-more/binaries/arm64/libc.so.6") else { return };
    let file = std::fs::read(path).unwrap();
    // CFA x0+0; and a CIE whose return address is in x15.
    let (sp, _, frame) = caller(&file, 0x3f948);
    assert_eq!(sp, get(&frame, arm64::X0));
    let (sp, pc, frame) = caller(&file, 0x93818);
    assert_eq!((sp, pc), (get(&frame, arm64::SP), get(&frame, 15)));
}

/// Addresses of code that both unwind alike, and those that they do not.
fn compare(file: &[u8], addresses: usize) -> (u32, u32) {
    let (info, text, end) = sections(file);
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
