//! Unwind rules that are not Breakpad's, and modules that have rules of several kinds.

use std::sync::Arc;

use symbols::SymbolMap;
use unwind::{
    End, Limits, LoadedModule, ModuleMap, ModuleSymbols, Stack, SymbolSlot, UnwindRules, UnwindSource, UnwindState,
    Unwound,
};
use vocabulary::Trust::{Cfi, Context, Leaf, Scan};
use vocabulary::{Arch, Os, Registers, amd64, arm};
use vocabulary::{MemoryRegionInfo, ModuleRange, Region};

use crate::process::{LINUX, Process};

const APP: u64 = 0x40_0000;
const STACK: u64 = 0x7000_0000;

/// A row of a table of unwind rules, as binaries have them.
#[derive(Clone, Copy)]
enum Row {
    /// So many bytes from the stack pointer up to the caller's, the return address right below it.
    Frame(u64),
    /// Nothing was pushed.
    Leaf,
    /// The interrupted registers: stack pointer and program counter in two words at the stack pointer.
    Signal,
    Root,
    Damaged,
}

/// Rules by ranges of addresses.
#[derive(Clone, Default)]
struct Table(Vec<(u64, u64, Row)>);

impl UnwindSource for Table {
    type Rules<'s> = Row;

    fn rules_at(&self, _: Arch, rva: u64) -> Option<Row> {
        self.0.iter().find(|(start, end, _)| (*start..*end).contains(&rva)).map(|(.., row)| *row)
    }
    fn count(&self) -> u64 {
        self.0.len() as u64
    }
}

impl UnwindRules for Row {
    fn apply(&self, callee: &impl UnwindState) -> Unwound {
        let registers = callee.registers();
        let (arch, sp) = (registers.arch, registers.sp());
        let word = arch.pointer_size();
        let moved = |pc: Option<u64>, sp: Option<u64>| {
            let mut caller = *registers;
            caller.set(arch.pc(), pc?);
            caller.set(arch.sp(), sp?);
            Some(caller)
        };
        match *self {
            Self::Frame(size) => {
                moved(callee.word(sp + size - word), Some(sp + size)).map_or(Unwound::Failed, Unwound::Caller)
            }
            Self::Leaf => Unwound::Leaf,
            Self::Signal => {
                moved(callee.word(sp + word), callee.word(sp)).map_or(Unwound::Failed, Unwound::Interrupted)
            }
            Self::Root => Unwound::Root,
            Self::Damaged => Unwound::Failed,
        }
    }
    fn size(&self) -> usize {
        1
    }
}

/// A process whose modules have tables.
struct Tables(Process);

impl unwind::Process for Tables {
    type Rules = Table;

    fn os(&self) -> Os {
        self.0.os()
    }
    fn region_at(&self, address: u64) -> Option<Region<'_>> {
        self.0.region_at(address)
    }
    fn modules(&self) -> impl ExactSizeIterator<Item = LoadedModule<'_>> {
        self.0.modules()
    }
    fn module_ranges(&self) -> &[ModuleRange] {
        self.0.module_ranges()
    }
    fn was_unloaded(&self, _: u64) -> bool {
        false
    }
    fn address_space(&self) -> &[MemoryRegionInfo] {
        &[]
    }
    fn stack_pointers(&self) -> impl Iterator<Item = u64> {
        std::iter::empty()
    }
}

/// The frames of a thread at the module's first function, with tables for the module and names if `names` has some.
fn walk(arch: Arch, words: &[u64], lr: Option<u64>, names: Option<&str>, tables: &[&[(u64, u64, Row)]]) -> Stack {
    let mut process = Process::new(arch, LINUX)
        .reg(arch.pc(), APP + 0x1010)
        .reg(arch.sp(), STACK)
        .module(APP, 0x10000, "app", None)
        .words(STACK, words);
    if let Some(lr) = lr {
        process = process.reg(arm::LR, lr);
    }
    let registers: Registers = process.registers;
    let process = Tables(process);
    let functions = names.map(|text| Arc::new(SymbolMap::from_text(text.to_owned().into_bytes())));
    let rules = tables.iter().map(|rows| Table(rows.to_vec())).collect();
    let map = ModuleMap::new(&process, vec![SymbolSlot::Loaded(Arc::new(ModuleSymbols { functions, rules }))]);
    unwind::walk(&map, &registers, &Limits::default())
}

fn frames(stack: &Stack) -> Vec<(u64, vocabulary::Trust)> {
    stack.frames.iter().map(|frame| (frame.address, frame.trust)).collect()
}

#[test]
fn a_module_may_have_rules_and_no_names() {
    let table: &[(u64, u64, Row)] =
        &[(0x1000, 0x1100, Row::Frame(16)), (0x1100, 0x1200, Row::Frame(24)), (0x1200, 0x1300, Row::Root)];
    let stack = walk(Arch::Amd64, &[7, APP + 0x1150, 7, 7, APP + 0x1250, APP + 0x1150], None, None, &[table]);
    assert_eq!(frames(&stack), [(APP + 0x1010, Context), (APP + 0x1150, Cfi), (APP + 0x1250, Cfi)]);
    assert_eq!(stack.end, End::Root, "an undefined return address ends the stack");
}

#[test]
fn a_source_knows_leaves_wherever_the_return_address_is() {
    let table: &[(u64, u64, Row)] = &[(0x1000, 0x1100, Row::Leaf), (0x1100, 0x1200, Row::Root)];
    let stack = walk(Arch::Amd64, &[APP + 0x1150, 7], None, None, &[table]);
    assert_eq!(frames(&stack), [(APP + 0x1010, Context), (APP + 0x1150, Leaf)]);
    let stack = walk(Arch::Arm, &[7, 7], Some(APP + 0x1151), None, &[table]);
    assert_eq!(frames(&stack), [(APP + 0x1010, Context), (APP + 0x1150, Leaf)]);
}

#[test]
fn a_signal_frame_gives_exact_registers() {
    // The interrupted code stands at the first instruction of a function: one byte less were another.
    let table: &[(u64, u64, Row)] = &[
        (0x1000, 0x1100, Row::Frame(16)),
        (0x1100, 0x1200, Row::Signal),
        (0x1200, 0x1300, Row::Damaged),
        (0x1300, 0x1400, Row::Root),
    ];
    let stack = walk(Arch::Amd64, &[7, APP + 0x1150, STACK + 48, APP + 0x1300, 7, 7, 7, 7], None, None, &[table]);
    assert_eq!(frames(&stack), [(APP + 0x1010, Context), (APP + 0x1150, Cfi), (APP + 0x1300, Context)]);
    assert_eq!(stack.frames[2].lookup, APP + 0x1300);
    assert_eq!(stack.end, End::Root);
}

#[test]
fn signal_frames_that_lead_to_each_other_end() {
    let table: &[(u64, u64, Row)] = &[(0x1000, 0x1100, Row::Signal)];
    let stack = walk(Arch::Amd64, &[STACK, APP + 0x1010], None, None, &[table]);
    assert!(stack.frames.len() < 32, "{}", stack.frames.len());
    assert_eq!(stack.end, End::NotFound);
}

#[test]
fn the_first_source_that_helps_is_trusted() {
    let first: &[(u64, u64, Row)] = &[(0x1000, 0x1100, Row::Damaged), (0x1100, 0x1200, Row::Frame(16))];
    let second: &[(u64, u64, Row)] =
        &[(0x1000, 0x1100, Row::Frame(16)), (0x1100, 0x1200, Row::Frame(24)), (0x1200, 0x1300, Row::Root)];
    let words = [7, APP + 0x1150, 7, APP + 0x1250, APP + 0x1350];
    let stack = walk(Arch::Amd64, &words, None, None, &[first, second]);
    assert_eq!(frames(&stack), [(APP + 0x1010, Context), (APP + 0x1150, Cfi), (APP + 0x1250, Cfi)]);
}

#[test]
fn a_scan_is_put_to_the_test_of_any_source() {
    // Both words look like return addresses; the rules of the first lead nowhere.
    let names =
        "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 a\nFUNC 1100 100 0 b\nFUNC 1200 100 0 c\nFUNC 1300 100 0 d\n";
    let table: &[(u64, u64, Row)] =
        &[(0x1100, 0x1200, Row::Frame(16)), (0x1200, 0x1300, Row::Frame(16)), (0x1300, 0x1400, Row::Root)];
    let words = [7, APP + 0x1150, 7, 3, APP + 0x1250, 7, APP + 0x1350, 7];
    let stack = walk(Arch::Amd64, &words, None, Some(names), &[table]);
    assert_eq!(frames(&stack), [(APP + 0x1010, Context), (APP + 0x1250, Scan), (APP + 0x1350, Cfi)]);
    assert_eq!(stack.registers.unwrap().get(amd64::RSP), Some(STACK));
}
