//! `.pdata` of x86-64: by instruction in a small function, and beside framehop at the calls of real files.
#![allow(clippy::unwrap_used)]

mod machine;

use framehop::Unwinder as _;
use framehop::x86_64::{CacheX86_64, Reg, UnwindRegsX86_64, UnwinderX86_64};
use machine::{Frame, SOURCE, caller, corpus, word};
use object::{Object as _, ObjectSection as _};
use unwind::{UnwindSource as _, Unwound};
use unwind_tables::pdata::x64::Functions;
use unwind_tables::{Builder, Kind, Tables};
use vocabulary::{Arch, Os, amd64};

const SP: u64 = 0x7ffe_0000_1000;
const CODE: u64 = 0x1000;
const INFO: u32 = 0x3000;

fn tables(entries: &[[u32; 3]], infos: &[u8], code: &[u8]) -> Tables {
    let mut builder = Builder::new(Arch::Amd64, Os::Windows, 0x1_4000_0000);
    let mut pdata: Vec<u8> = entries.iter().flatten().flat_map(|word| word.to_le_bytes()).collect();
    // Padding, as linkers leave it.
    pdata.extend([0; 8]);
    builder.section(Kind::Pdata, 0x4000, pdata);
    builder.section(Kind::Data, INFO.into(), infos.to_vec());
    builder.section(Kind::Code, CODE, code.to_vec());
    builder.open(SOURCE).unwrap()
}

/// push rbx; sub rsp, 32; call; nop; add rsp, 32; pop rbx; ret; then a jump into the function and one out of it.
const FUNCTION: &[u8] = &[
    0x53, 0x48, 0x83, 0xec, 0x20, 0xe8, 0, 0, 0, 0, 0x90, 0x48, 0x83, 0xc4, 0x20, 0x5b, 0xc3, 0xeb, 0xee, 0xe9, 0, 1,
    0, 0,
];
/// Version 1, a prologue of 5 bytes with two codes: after 5 bytes 32 are allocated, after 1 rbx is pushed.
const FUNCTION_INFO: &[u8] = &[1, 5, 2, 0, 5, 0x32, 1, 0x30];

fn small() -> Tables {
    let end = 0x1000 + u32::try_from(FUNCTION.len()).unwrap();
    tables(&[[0x1000, end, INFO]], FUNCTION_INFO, FUNCTION)
}

/// Where the return address is, in bytes from the stack pointer, and where rbx is if it is stored.
fn places(tables: &Tables, rva: u64, is_exact: bool) -> (u64, Option<u64>) {
    let frame = Frame::new(Arch::Amd64, rva, is_exact);
    let Some(Unwound::Caller(caller)) = caller(tables, rva, &frame) else { panic!("{rva:x}") };
    let at = caller.sp() - 8 - SP;
    assert_eq!(caller.pc(), word(SP + at), "{rva:x}");
    let rbx = caller.get(amd64::RBX).unwrap();
    let stored = (0..64).step_by(8).find(|offset| word(SP + offset) == rbx);
    assert!(stored.is_some() || Some(rbx) == frame.registers.get(amd64::RBX));
    (at, stored)
}

#[test]
fn each_instruction_of_a_function_leads_to_its_caller() {
    let tables = small();
    let expected = [
        (0, (0, None)),
        (1, (8, Some(0))),
        (5, (40, Some(32))),
        (10, (40, Some(32))),
        (11, (40, Some(32))),
        (15, (8, Some(0))),
        (16, (0, None)),
        // A jump that stays inside is in the body; one that leaves is the end.
        (17, (40, Some(32))),
        (19, (0, None)),
    ];
    for (offset, places_there) in expected {
        assert_eq!(places(&tables, CODE + offset, true), places_there, "{offset}");
    }
}

#[test]
fn a_call_before_a_jump_or_a_return_is_in_the_body() {
    let tables = small();
    for offset in [10, 16, 17, 19] {
        assert_eq!(places(&tables, CODE + offset, false), (40, Some(32)), "{offset}");
    }
}

#[test]
fn code_without_an_entry_is_a_leaf() {
    let tables = small();
    let there = 0x1800;
    assert!(!tables.has_rules_at(Arch::Amd64, there) && tables.has_rules_at(Arch::Amd64, CODE));
    assert_eq!(caller(&tables, there, &Frame::new(Arch::Amd64, there, true)), Some(Unwound::Leaf));
    assert_eq!(caller(&tables, there, &Frame::new(Arch::Amd64, there, false)), Some(Unwound::Failed));
    assert_eq!(tables.count(), 1);
}

#[test]
fn a_part_of_a_function_has_its_prologue_behind_it() {
    // The part saves rsi in its frame; its parent is the function above.
    let mut infos = FUNCTION_INFO.to_vec();
    let part = INFO + u32::try_from(infos.len()).unwrap();
    infos.extend([0x21, 4, 2, 0, 4, 0x64, 2, 0]);
    infos.extend([0x1000u32, 0x1011, INFO].iter().flat_map(|word| word.to_le_bytes()));
    let code = [&FUNCTION[..17], &[0x90; 0x80]].concat();
    let tables = tables(&[[0x1000, 0x1011, INFO], [0x1020, 0x1040, part]], &infos, &code);
    assert_eq!(places(&tables, 0x1020, true), (40, Some(32)));
    let frame = Frame::new(Arch::Amd64, 0x1030, true);
    let Some(Unwound::Caller(caller)) = caller(&tables, 0x1030, &frame) else { panic!() };
    assert_eq!(caller.get(amd64::RSI), Some(word(SP + 16)));
}

#[test]
fn a_frame_register_holds_the_frame() {
    // push rbp; mov rbp, rsp + 32: version 1, frame register rbp with 32, codes: set it, allocate 48, push rbp.
    let info = [1, 10, 3, 0x25, 10, 0x03, 5, 0x52, 1, 0x50];
    let tables = tables(&[[0x1000, 0x1100, INFO]], &info, &[0x90; 0x100]);
    let frame = Frame::new(Arch::Amd64, 0x1080, false);
    let rbp = frame.registers.get(amd64::RBP).unwrap();
    let Some(Unwound::Caller(found)) = caller(&tables, 0x1080, &frame) else { panic!() };
    assert_eq!((found.pc(), found.sp()), (word(rbp - 32 + 56), rbp - 32 + 64));
    assert_eq!(found.get(amd64::RBP), Some(word(rbp - 32 + 48)));
    // Before it is set the stack pointer does.
    let Some(Unwound::Caller(found)) = caller(&tables, 0x1005, &Frame::new(Arch::Amd64, 0x1005, true)) else {
        panic!()
    };
    assert_eq!(found.pc(), word(SP + 56));
}

#[test]
fn a_machine_frame_is_of_interrupted_code() {
    // push machine frame with an error code, allocate 8.
    let info = [1, 4, 2, 0, 4, 0x02, 0, 0x1a];
    let tables = tables(&[[0x1000, 0x1100, INFO]], &info, &[0x90; 0x100]);
    let Some(Unwound::Interrupted(found)) = caller(&tables, 0x1080, &Frame::new(Arch::Amd64, 0x1080, false)) else {
        panic!()
    };
    assert_eq!((found.pc(), found.sp()), (word(SP + 16), word(SP + 16 + 24)));
}

#[test]
fn version_2_names_its_epilogues() {
    // An epilogue of 2 bytes at the end of the function, no other one.
    let info = [2, 5, 4, 0, 2, 0x16, 0, 0x06, 5, 0x32, 1, 0x30];
    let tables = tables(&[[0x1000, 0x1011, INFO]], &info, FUNCTION);
    assert_eq!(places(&tables, CODE + 15, true), (8, Some(0)));
    assert_eq!(places(&tables, CODE + 16, true), (0, None));
    assert_eq!(places(&tables, CODE + 10, true), (40, Some(32)));
}

#[test]
fn damage_is_no_caller() {
    let unknown: &[&[u8]] = &[
        &[3, 0, 0, 0],
        &[1, 0, 1, 0, 0, 0x0f],
        &[1, 0, 1, 0, 0, 0x11],
        &[1, 0, 9, 0, 0, 0],
        &[1, 0, 1, 0, 0, 0x21, 0, 0],
        &[1, 0, 1, 0, 0, 0x03],
        &[0x21, 0, 0, 0, 1],
    ];
    for info in unknown {
        let tables = tables(&[[0x1000, 0x1100, INFO]], info, &[]);
        assert_eq!(caller(&tables, 0x1080, &Frame::new(Arch::Amd64, 0x1080, true)), Some(Unwound::Failed), "{info:?}");
    }
    // An entry that leads to itself, and a part of itself.
    let own = tables(&[[0x1000, 0x1100, 0x4001]], &[], &[]);
    assert_eq!(caller(&own, 0x1080, &Frame::new(Arch::Amd64, 0x1080, true)), Some(Unwound::Failed));
    let mut info = vec![0x21, 0, 0, 0];
    info.extend([0x1000u32, 0x1100, INFO].iter().flat_map(|word| word.to_le_bytes()));
    let part = tables(&[[0x1000, 0x1100, INFO]], &info, &[]);
    assert_eq!(caller(&part, 0x1080, &Frame::new(Arch::Amd64, 0x1080, true)), Some(Unwound::Failed));
}

const FILES: [&str; 5] = [
    "samply/win64-ci/mozglue.dll",
    "samply/win64-ci/softokn3.dll",
    "samply/win64-ci/firefox.exe",
    "dump_syms/windows/basic64.dll",
    "dump_syms/windows/mozwer.dll",
];

/// framehop takes a relative jump, and what follows a call that does not return, for an epilogue; code that reads so is not compared.
fn may_be_epilogue(code: &[u8]) -> bool {
    match code {
        [0xf2 | 0xf3 | 0x40..=0x4f, rest @ ..] => may_be_epilogue(rest),
        _ => matches!(code, [0xeb | 0xe9 | 0xff | 0xc3 | 0x58..=0x5f | 0x8f | 0x81 | 0x83 | 0x8d, ..]),
    }
}

#[test]
fn bodies_are_unwound_as_framehop_does() {
    let mut compared = 0;
    for name in FILES {
        let Some(file) = corpus(name) else { return };
        let object = object::File::parse(&*file).unwrap();
        let base = object.relative_address_base();
        let section = |name: &str| {
            let section = object.section_by_name(name)?;
            Some((section.address(), section.data().ok()?.to_vec()))
        };
        let Some((_, pdata)) = section(".pdata") else { panic!("{name}") };
        let (text_at, text) = section(".text").unwrap();
        let pdata = &pdata[..pdata.len() / 12 * 12];
        let tables = machine::tables(&file);
        let mut unwinder: UnwinderX86_64<Vec<u8>> = UnwinderX86_64::new();
        unwinder.add_module(framehop::Module::new(
            name.into(),
            base..base + 0x1000_0000,
            base,
            PeSections {
                base,
                sections: object
                    .sections()
                    .filter_map(|s| {
                        Some((s.name().ok()?.into(), s.address()..s.address() + s.size(), s.data().ok()?.to_vec()))
                    })
                    .collect(),
            },
        ));
        let mut cache = CacheX86_64::new();
        for function in Functions::new(pdata).iter().filter(|function| function.begin != 0) {
            // Calls, at any byte that reads like one.
            for rva in (function.begin + 5..function.end).step_by(3) {
                let at = usize::try_from(u64::from(rva) + base - text_at).unwrap_or(usize::MAX);
                let Some(code) = text.get(at..at + 12) else { continue };
                if may_be_epilogue(code) {
                    continue;
                }
                let frame = Frame::new(Arch::Amd64, base + u64::from(rva), false);
                let mut theirs = UnwindRegsX86_64::new(0, SP, frame.registers.get(amd64::RBP).unwrap());
                const REGS: [Reg; 16] = [
                    Reg::RAX,
                    Reg::RDX,
                    Reg::RCX,
                    Reg::RBX,
                    Reg::RSI,
                    Reg::RDI,
                    Reg::RBP,
                    Reg::RSP,
                    Reg::R8,
                    Reg::R9,
                    Reg::R10,
                    Reg::R11,
                    Reg::R12,
                    Reg::R13,
                    Reg::R14,
                    Reg::R15,
                ];
                for (number, register) in (0..).zip(REGS) {
                    theirs.set(register, frame.registers.get(number).unwrap());
                }
                let address = framehop::FrameAddress::from_return_address(base + u64::from(rva)).unwrap();
                let by_framehop = unwinder.unwind_frame(address, &mut theirs, &mut cache, &mut |at| Ok(word(at)));
                let ours = caller(&tables, u64::from(rva), &frame);
                let (Ok(Some(pc)), Some(Unwound::Caller(ours))) = (by_framehop, ours) else { continue };
                // In a prologue a byte more or less matters, and framehop looks up the byte before the return address.
                let in_prologue = rva - function.begin < 64;
                if in_prologue && pc != ours.pc() {
                    continue;
                }
                assert_eq!((pc, theirs.sp()), (ours.pc(), ours.sp()), "{name} {rva:x}");
                for register in [3u8, 4, 5, 6, 12, 13, 14, 15] {
                    let same = Some(theirs.get(REGS[usize::from(register)])) == ours.get(register);
                    assert!(same || in_prologue, "{name} {rva:x}: {register}");
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 50_000, "{compared}");
}

struct PeSections {
    base: u64,
    sections: Vec<(String, std::ops::Range<u64>, Vec<u8>)>,
}

impl framehop::ModuleSectionInfo<Vec<u8>> for PeSections {
    fn base_svma(&self) -> u64 {
        self.base
    }
    fn section_svma_range(&mut self, name: &[u8]) -> Option<std::ops::Range<u64>> {
        self.sections.iter().find(|section| section.0.as_bytes() == name).map(|section| section.1.clone())
    }
    fn section_data(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        let section = self.sections.iter().find(|section| section.0.as_bytes() == name)?;
        let length = section.2.len();
        Some(section.2[..if name == b".pdata" { length / 12 * 12 } else { length }].to_vec())
    }
}
