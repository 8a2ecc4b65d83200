//! `.ARM.exidx` and the reading of code, against `.debug_frame` of the same functions, which is exact at every instruction.

use object::{Object as _, ObjectSymbol as _, SymbolKind};
use unwind::{UnwindRules as _, UnwindSource as _, Unwound};
use unwind_tables::{Kind, Tables};
use vocabulary::{Arch, Registers, arm};

use super::stub::Frame;
use super::{corpus, fixture, tables};

/// How many instructions were unwound alike. `SHOW=1` prints the others.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    alike: u64,
    other: u64,
    none: u64,
}

/// Every instruction of the functions of a file, as symbols have them, with the mode.
fn instructions(file: &[u8]) -> Vec<(u64, bool)> {
    let object = object::File::parse(file).unwrap();
    let mut marks: Vec<(u64, u8)> = object
        .symbols()
        .filter_map(|symbol| match symbol.name().ok()?.as_bytes() {
            [b'$', kind @ (b'a' | b't' | b'd'), ..] => Some((symbol.address(), *kind)),
            _ => None,
        })
        .collect();
    marks.sort_unstable();
    let text = object.sections().find(|section| object::ObjectSection::name(section) == Ok(".text")).unwrap();
    let (start, code) = (object::ObjectSection::address(&text), object::ObjectSection::data(&text).unwrap());
    let mut found = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for symbol in object.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0) {
        let (first, is_thumb) = (symbol.address() & !1, symbol.address() & 1 == 1);
        let end = first + symbol.size();
        let mut at = first;
        while at < end && seen.insert(at) {
            let mark = marks.partition_point(|(address, _)| *address <= at);
            let is_data = mark > 0 && marks[mark - 1].1 == b'd';
            let Some(bytes) = at.checked_sub(start).and_then(|at| code.get(at as usize..at as usize + 4)) else {
                break;
            };
            let is_long = !is_thumb || u16::from_le_bytes([bytes[0], bytes[1]]) >> 11 > 0b11100;
            if is_data {
                at += 2;
                continue;
            }
            found.push((at, is_thumb));
            at += if is_long { 4 } else { 2 };
        }
    }
    found
}

fn caller(unwound: Unwound) -> Option<Registers> {
    match unwound {
        Unwound::Caller(caller) | Unwound::ByCode(caller) => Some(caller),
        _ => None,
    }
}

/// Compare what a table says with `.debug_frame`, at every instruction that the latter covers.
fn compare(file: &[u8], base: u64, rules: impl Fn(&Tables, u64, &Frame) -> Option<Unwound>) -> Counts {
    let truth = tables(file, |kind| matches!(kind, Kind::DebugFrame | Kind::DebugFrameIndex));
    let other = tables(file, |kind| !matches!(kind, Kind::DebugFrame | Kind::DebugFrameIndex));
    let mut counts = Counts::default();
    let mut frame = Frame::new(Arch::Arm);
    for (address, is_thumb) in instructions(file) {
        let rva = address - base;
        frame.registers.set(arm::CPSR, if is_thumb { 0x30 } else { 0x10 });
        frame.registers.set(arm::PC, address);
        let Some(known) = truth.rules_at(Arch::Arm, rva) else { continue };
        let Some(mut expected) = caller(known.apply(&frame)) else { continue };
        let Some(mut unwound) = rules(&other, rva, &frame) else { continue };
        // One may count from the stack pointer, the other from a frame pointer: put that where it would be.
        for pointer in [7, arm::FP] {
            let (Some(found), Some(before)) = (caller(unwound), frame.registers.get(pointer)) else { break };
            let difference = found.sp().wrapping_sub(expected.sp());
            if difference == 0 {
                break;
            }
            frame.registers.set(pointer, before.wrapping_add(difference));
            let (moved, again) = (caller(known.apply(&frame)), rules(&other, rva, &frame));
            if let (Some(moved), Some(again)) = (moved, again)
                && caller(again).is_some_and(|found| found.sp() == moved.sp())
            {
                (expected, unwound) = (moved, again);
            }
            frame.registers.set(pointer, before);
        }
        match caller(unwound) {
            None => {
                counts.none += 1;
                if std::env::var_os("SHOW").is_some() {
                    println!("{address:x}: none");
                }
            }
            Some(found) if same(&found, &expected) => counts.alike += 1,
            Some(found) => {
                counts.other += 1;
                if std::env::var_os("SHOW").is_some() {
                    let parts = [arm::SP, arm::PC, 4, 5, 6, 7, 8, 9, 10, 11];
                    let wrong: Vec<_> = parts.iter().filter(|part| found.get(**part) != expected.get(**part)).collect();
                    println!("{address:x}: {wrong:?} {:x?} {:x?}", found.get(arm::SP), expected.get(arm::SP));
                }
            }
        }
    }
    counts
}

/// Whether stack pointer, return address and preserved registers are the same.
fn same(a: &Registers, b: &Registers) -> bool {
    // A function that never returns overwrites registers without saving them: code shows that they are lost.
    let saved = (4..=11).all(|register| a.get(register).is_none() || a.get(register) == b.get(register));
    saved && (a.sp(), a.pc()) == (b.sp(), b.pc())
}

fn by_table(tables: &Tables, rva: u64, frame: &Frame) -> Option<Unwound> {
    Some(tables.rules_at(Arch::Arm, rva)?.apply(frame))
}

fn by_code(tables: &Tables, rva: u64, frame: &Frame) -> Option<Unwound> {
    Some(tables.code_at(Arch::Arm, rva)?.apply(frame))
}

#[test]
fn every_instruction_of_corpora() {
    let files = [
        ("live/binaries/crash.arm-linux-gnueabihf", 0x10000, 300, 400),
        ("live/binaries/crashfp.arm-linux-gnueabihf", 0x10000, 300, 400),
        // Its only entry of .ARM.exidx states that nothing can be unwound.
        ("live-more/binaries/arm/c_arm", 0, 0, 1400),
    ];
    for (name, base, in_table, in_code) in files {
        let Some(path) = corpus(name) else { continue };
        let file = std::fs::read(path).unwrap();
        let counts = compare(&file, base, by_table);
        assert_eq!((counts.other, counts.none), (0, 0), "{name}");
        assert!(counts.alike >= in_table, "{name}: {counts:?}");
        // Padding behind a return is reached by no way.
        let counts = compare(&file, base, by_code);
        assert_eq!(counts.other, 0, "{name}");
        assert!(counts.alike >= in_code && counts.none * 30 <= counts.alike, "{name}: {counts:?}");
    }
}

#[test]
fn every_instruction_of_the_fixtures() {
    for (name, in_table, in_code) in [("thumb.so", 150, 150), ("arm-fp.so", 150, 150), ("cantunwind.so", 0, 150)] {
        let file = fixture(name);
        // GCC 12 does not describe the instruction between the two that give back a large frame.
        let table = compare(&file, 0, by_table);
        assert!(table.alike >= in_table && table.other <= 1 && table.none == 0, "{name}: {table:?}");
        let code = compare(&file, 0, by_code);
        assert!(code.alike >= in_code && code.other <= 1 && code.none <= 12, "{name}: {code:?}");
    }
}

#[test]
fn what_cannot_be_unwound_is_no_root() {
    let tables = tables(&fixture("cantunwind.so"), |kind| kind != Kind::DebugFrame);
    assert_eq!(tables.names(), [".ARM.exidx"]);
    let code = 0x378..0x594;
    assert!(code.clone().all(|rva| !tables.has_rules_at(Arch::Arm, rva) && tables.code_at(Arch::Arm, rva).is_some()));
    // Stubs before it have no frame.
    assert!(tables.has_rules_at(Arch::Arm, code.start - 0x20));
    assert_eq!(tables.count(), 1);
}
