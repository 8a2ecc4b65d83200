//! `.eh_frame` of 64-bit code, and `.pdata` of x86-64, against framehop, which reads the same tables another way.

use std::collections::BTreeMap;
use std::ops::Range;

use debuginfo::formats::recognise;
use framehop::aarch64::{CacheAarch64, UnwindRegsAarch64, UnwinderAarch64};
use framehop::x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64};
use framehop::{ExplicitModuleSectionInfo, FrameAddress, Module, ModuleSectionInfo, Unwinder as _};
use iced_x86::{Code, FlowControl, Register};
use object::{Object as _, ObjectSection as _};
use unwind::{UnwindRules as _, UnwindSource as _, UnwindState as _, Unwound};
use unwind_tables::Kind;
use vocabulary::{Arch, amd64, arm64};

use super::mingw::instructions;
use super::rows::Rows;
use super::stub::{Frame, Random};
use super::{corpus, fixture, tables, windows_fixture};

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

/// How many random addresses of x86-64 code both unwind alike, and how many not. Where they differ, and at some others, the rows
/// decide, computed by gimli: ours have to agree with them, and framehop has to have no form for them.
fn compare(file: &[u8], addresses: usize) -> (u32, u32) {
    let (info, text, end) = sections(file);
    let mut unwinder: UnwinderX86_64<Vec<u8>> = UnwinderX86_64::new();
    unwinder.add_module(Module::new("module".to_owned(), LOADED..LOADED + end, LOADED, info));
    let mut cache = CacheX86_64::<_>::new();
    let ours = tables(file, |kind| matches!(kind, Kind::EhFrame | Kind::EhFrameIndex));
    let rows = Rows::of(file);
    let base = recognise(file).unwrap().builds(file).unwrap().list[0].base;
    let (mut random, mut same, mut differ) = (Random(88_172_645_463_325_252), 0, 0);
    let mut frame = Frame::new(Arch::Amd64);
    for number in 0..addresses {
        let address = text.start + random.next() % (text.end - text.start);
        let Some(rules) = ours.rules_at(Arch::Amd64, address - base) else { continue };
        frame.registers.set(amd64::RIP, LOADED + address);
        let found = caller(rules.apply(&frame));
        let other = theirs(&mut unwinder, &mut cache, &frame, address);
        let is_same = found == other;
        if is_same {
            same += 1
        } else {
            differ += 1
        }
        if is_same && number % 64 != 0 {
            continue;
        }
        let Some(row) = rows.caller(address, &frame) else {
            // Memory that is not there.
            assert_eq!(found, None, "{address:#x}");
            continue;
        };
        let expected = row.pc.map(|pc| (row.sp, pc, row.frame_pointer));
        assert_eq!(found, expected, "{address:#x} {row:?}");
        assert!(is_same || !row.is_usual(), "{address:#x} {row:?} {other:?}");
    }
    (same, differ)
}

/// The stack pointer, the return address and the frame pointer of a caller; `None` if there is none.
type Caller = Option<(u64, u64, Option<u64>)>;

fn caller(unwound: Unwound) -> Caller {
    match unwound {
        Unwound::Caller(caller) | Unwound::Interrupted(caller) => {
            Some((caller.sp(), caller.pc(), caller.get(amd64::RBP)))
        }
        _ => None,
    }
}

fn theirs(unwinder: &mut UnwinderX86_64<Vec<u8>>, cache: &mut CacheX86_64, frame: &Frame, rva: u64) -> Caller {
    let get = |register| frame.registers.get(register).unwrap();
    let mut registers = UnwindRegsX86_64::new(LOADED + rva, get(amd64::RSP), get(amd64::RBP));
    let address = FrameAddress::from_instruction_pointer(LOADED + rva);
    let mut read = |address: u64| frame.word(address).ok_or(());
    let found = unwinder.unwind_frame(address, &mut registers, cache, &mut read).ok()??;
    Some((registers.sp(), found, Some(registers.bp())))
}

/// What differs is explained: framehop's rules are offsets from rsp and rbp, so it guesses by the frame pointer where the row has
/// another register (the dynamic linker, which aligns its stack), an expression (`__restore_rt`, PLT), or a return address in a register
/// (`vfork`), and where the stack ends.
#[test]
fn random_addresses_are_unwound_alike() {
    let (same, differ) = compare(&fixture("x86_64.so"), 20_000);
    assert!(same > 5_000 && differ == 0, "{same} {differ}");
    let Some(folder) = corpus("live-more/binaries/x86_64") else { return };
    let (mut same, mut differ) = (0, 0);
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let file = std::fs::read(&path).unwrap();
        if object::File::parse(&*file).is_ok_and(|object| object.section_by_name(".eh_frame").is_some()) {
            let found = compare(&file, 20_000);
            println!("{}: {} alike, {} not", path.display(), found.0, found.1);
            (same, differ) = (same + found.0, differ + found.1);
        }
    }
    assert!(same > 100_000 && differ * 50 < same, "{same} {differ}");
}

/// The sections of a PE file.
struct Sections<'d>(object::File<'d>);

impl ModuleSectionInfo<Vec<u8>> for Sections<'_> {
    fn base_svma(&self) -> u64 {
        self.0.relative_address_base()
    }

    fn section_svma_range(&mut self, name: &[u8]) -> Option<Range<u64>> {
        let section = self.0.section_by_name_bytes(name)?;
        Some(section.address()..section.address() + section.size())
    }

    fn section_data(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        Some(self.0.section_by_name_bytes(name)?.data().ok()?.to_vec())
    }
}

/// Where both unwind an instruction in two ways.
#[derive(Default)]
struct Differences {
    /// Jumps within a function. framehop takes them for tail calls, so that the return address would be at the top of the stack.
    jumps: u32,
    /// Instructions of handlers, whose codes framehop does not find. It takes them for functions without a frame, after `push rbp` and
    /// `sub rsp`, too.
    handlers: u32,
    /// `mov rsp, r11` in an epilogue. Both are right in a real frame, where r11 is what framehop adds to rsp.
    moves: u32,
    /// The last instructions of epilogues that end in a jump through memory, which framehop does not take for epilogues.
    epilogues: u32,
    /// Others, by their addresses.
    others: Vec<u64>,
}

/// How many instructions of a PE file of x86-64 both unwind alike, and the others.
fn compare_pe(file: &[u8]) -> (u32, Differences) {
    let object = object::File::parse(file).unwrap();
    let end = object.sections().map(|section| section.address() + section.size()).max().unwrap();
    let loaded = LOADED..LOADED + end - object.relative_address_base();
    let mut unwinder: UnwinderX86_64<Vec<u8>> = UnwinderX86_64::new();
    unwinder.add_module(Module::new("module".to_owned(), loaded, LOADED, Sections(object)));
    let mut cache = CacheX86_64::<_>::new();
    let ours = tables(file, |kind| matches!(kind, Kind::Pdata | Kind::Data | Kind::Code));
    let mut frame = Frame::new(Arch::Amd64);
    let top = frame.registers.get(amd64::RSP).unwrap();
    let (mut same, mut differ) = (0, Differences::default());
    for (function, instruction) in instructions(file) {
        let rva = instruction.ip();
        frame.registers.set(amd64::RIP, LOADED + rva);
        let found = caller(ours.rules_at(Arch::Amd64, rva).unwrap().apply(&frame));
        let other = theirs(&mut unwinder, &mut cache, &frame, rva);
        let is_without_frame = other.is_some_and(|other| other.0 == top + 8);
        let is_jump = instruction.flow_control() == FlowControl::UnconditionalBranch;
        if found == other {
            same += 1;
        } else if is_without_frame && is_jump {
            differ.jumps += 1;
        } else if is_without_frame && function.end - function.start < 0x60 {
            differ.handlers += 1;
        } else if instruction.code() == Code::Mov_r64_rm64 && instruction.op0_register() == Register::RSP {
            differ.moves += 1;
        } else if matches!(instruction.code(), Code::Pop_r64 | Code::Jmp_rm64 | Code::Retnq)
            && found.zip(other).is_some_and(|(found, other)| found.0 < other.0)
        {
            differ.epilogues += 1;
        } else {
            println!("{rva:#x} {:?} {found:x?} {other:x?}", instruction.code());
            differ.others.push(rva);
        }
    }
    (same, differ)
}

#[test]
fn instructions_of_windows_are_unwound_alike() {
    for (path, least) in [("x64/gauge.exe", 170), ("x64-mingw/gauge.exe", 220), ("x64-mixed/gauge.exe", 180)] {
        let (same, differ) = compare_pe(&windows_fixture(path));
        assert!(same > least && differ.jumps < 4 && differ.moves + differ.handlers == 0, "{path}: {same}");
        assert_eq!(differ.others, [], "{path}");
    }
    // framehop is wrong at all of them. `push rdi` and `push rsi` that were not executed yet, in functions whose codes have the offset 0
    // in the prologue; an epilogue whose first instructions restored rbp already.
    let basic = [0xb830, 0x17010, 0x17011, 0x509b2];
    // `add r12, 248` and its like before a jump, taken for `add rsp`; `add rsp, 32` after a call, in a function with a frame pointer;
    // and tables of data between the code.
    let mozglue = [0x4180b, 0x507eb, 0x507f7, 0x50adc, 0x50d6e, 0x5fba0, 0x5fc46, 0x601b3, 0x62b0f];
    for (path, others) in [("dump_syms/windows/basic64.dll", &basic[..]), ("samply/win64-ci/mozglue.dll", &mozglue[..])]
    {
        let Some(file) = corpus(&format!("debug-files/{path}")) else { continue };
        let (same, differ) = compare_pe(&std::fs::read(file).unwrap());
        let Differences { jumps, handlers, moves, epilogues, .. } = differ;
        println!(
            "{path}: {same} alike; {jumps} jumps, {handlers} in handlers, {moves} moves, {epilogues} in epilogues"
        );
        assert!(same > 50_000 && jumps < 5_000 && handlers < 300 && moves < 100 && epilogues < 1_000, "{path}: {same}");
        assert_eq!(differ.others, others, "{path}");
    }
}
