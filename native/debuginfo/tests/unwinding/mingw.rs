//! Programs of MinGW have two kinds of unwind tables, made by different code of the compiler: `.pdata` and DWARF.

use std::ops::Range;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic};
use object::{Object as _, ObjectSection as _};
use unwind::{UnwindRules as _, UnwindSource as _, Unwound};
use unwind_tables::{Kind, Tables};
use vocabulary::{Arch, amd64};

use super::stub::Frame;
use super::{corpus, tables, windows_fixture};

/// The registers that functions preserve, the stack pointer, and the program counter.
const REGISTERS: [&str; 10] = ["rsp", "rip", "rbx", "rbp", "rsi", "rdi", "r12", "r13", "r14", "r15"];

/// What both kinds say at each instruction that both describe: how many agree, and the addresses with the differences.
fn compare(file: &[u8]) -> (u32, Vec<String>) {
    let dwarf = tables(file, |kind| {
        matches!(kind, Kind::EhFrame | Kind::EhFrameIndex | Kind::DebugFrame | Kind::DebugFrameIndex)
    });
    let pdata = tables(file, |kind| matches!(kind, Kind::Pdata | Kind::Data | Kind::Code));
    let both = tables(file, |_| true);
    let (mut same, mut differ) = (0, Vec::new());
    for rva in instructions(file).iter().map(|(_, instruction)| instruction.ip()) {
        let mut frame = Frame::new(Arch::Amd64);
        frame.registers.set(amd64::RIP, 0x5555_0000_0000 + rva);
        let caller = |tables: &Tables, frame: &Frame| match tables.rules_at(Arch::Amd64, rva)?.apply(frame) {
            Unwound::Caller(caller) => Some(caller),
            other => panic!("{rva:#x} {other:?}"),
        };
        let Some((one, other)) = caller(&dwarf, &frame).zip(caller(&pdata, &frame)) else { continue };
        // In an epilogue DWARF goes by the frame pointer, and `.pdata` by the stack pointer, which are together in a real frame.
        let pointer = frame.registers.get(amd64::RBP).unwrap();
        frame.registers.set(amd64::RBP, pointer.wrapping_add(other.sp()).wrapping_sub(one.sp()));
        let (one, other) = (caller(&dwarf, &frame).unwrap(), caller(&pdata, &frame).unwrap());
        let names = Arch::Amd64.register_names();
        let is_other = |name: &&&str| {
            let number = names.iter().position(|known| known == *name).and_then(|at| u8::try_from(at).ok()).unwrap();
            one.get(number) != other.get(number)
        };
        let others: Vec<&str> = REGISTERS.iter().filter(is_other).copied().collect();
        if others.is_empty() {
            same += 1
        } else {
            differ.push(format!("{rva:#x} {}", others.join(" ")))
        }
        // What is used where both are there.
        let used = caller(&both, &frame).unwrap();
        assert_eq!((used.sp(), used.pc()), (other.sp(), other.pc()), "{rva:#x}");
    }
    (same, differ)
}

/// The instructions of all functions that `.pdata` lists, each with the function, relative to the image's base; without the
/// padding between them.
pub(crate) fn instructions(file: &[u8]) -> Vec<(Range<u64>, Instruction)> {
    let object = object::File::parse(file).unwrap();
    let base = object.relative_address_base();
    let pdata = object.section_by_name(".pdata").unwrap().data().unwrap();
    let word = |entry: &[u8; 12], at: usize| u64::from(u32::from_le_bytes(entry[at..at + 4].try_into().unwrap()));
    let mut found = Vec::new();
    for (start, end) in pdata.as_chunks::<12>().0.iter().map(|entry| (word(entry, 0), word(entry, 4))) {
        let mut sections =
            object.sections().filter_map(|section| section.data_range(base + start, end - start).ok()?);
        let Some(code) = sections.next() else { continue };
        let mut is_reached = true;
        for instruction in &mut Decoder::with_ip(64, code, start, DecoderOptions::NONE) {
            is_reached |= instruction.mnemonic() != Mnemonic::Nop;
            if is_reached {
                found.push((start..end, instruction));
            }
            let goes_on = !matches!(instruction.flow_control(), FlowControl::Return | FlowControl::UnconditionalBranch);
            is_reached = is_reached && goes_on;
        }
    }
    found
}

#[test]
fn both_tables_of_mingw_say_the_same() {
    let (same, differ) = compare(&windows_fixture("x64-mingw/gauge.exe"));
    assert!(same > 200 && differ.is_empty(), "{same} {differ:#?}");
    let Some(path) = corpus("debug-files/dump_syms/windows/basic64-dwarf.dll") else { return };
    let (same, differ) = compare(&std::fs::read(path).unwrap());
    // The return instruction after `pop rbp`: GCC says that the caller's stack pointer is `rsp-8`, and it is `rsp+8`.
    assert_eq!((same, differ), (1200, vec!["0x183f rsp rip".to_owned()]));
}
