//! DWARF that no compiler writes: entries that refer to themselves, lists that all refer to, nesting without end.
#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use debuginfo::image::{Image, Symbol};
use debuginfo::{Summary, convert};
use symbols::SymbolMap;

const CODE: (u64, u64) = (0x1000, 0x2_0000);

/// Abbreviations: 1 a unit; 2 a function with code, name and children; 3 an inlined call with code, origin and children;
/// 4 a function that is named elsewhere; 5 an inlined call with a list of ranges; 6 a namespace;
/// 7 a block; 8 a structure that says where the next entry is; 9 an inlined call of a function in another unit;
/// 10 a function with a name and a list of ranges.
const ABBREVIATIONS: &[u8] = &[
    1, 0x11, 1, 0x10, 0x17, 0, 0, // compile_unit: stmt_list sec_offset
    2, 0x2e, 1, 0x11, 0x01, 0x12, 0x06, 0x03, 0x08, 0, 0, // subprogram: low_pc addr, high_pc data4, name string
    3, 0x1d, 1, 0x31, 0x13, 0x11, 0x01, 0x12, 0x06, 0,
    0, // inlined_subroutine: abstract_origin ref4, low_pc, high_pc
    4, 0x2e, 0, 0x31, 0x13, 0x11, 0x01, 0x12, 0x06, 0, 0, // subprogram: abstract_origin ref4, low_pc, high_pc
    5, 0x1d, 0, 0x31, 0x13, 0x55, 0x17, 0, 0, // inlined_subroutine: abstract_origin ref4, ranges sec_offset
    6, 0x39, 1, 0x03, 0x08, 0, 0, // namespace: name string
    7, 0x0b, 1, 0, 0, // lexical_block
    8, 0x13, 1, 0x01, 0x13, 0, 0, // structure_type: sibling ref4
    9, 0x1d, 0, 0x31, 0x10, 0x11, 0x01, 0x12, 0x06, 0,
    0, // inlined_subroutine: abstract_origin ref_addr, low_pc, high_pc
    10, 0x2e, 0, 0x03, 0x08, 0x55, 0x17, 0, 0, // subprogram: name string, ranges sec_offset
    0,
];

/// A unit of version 4 around entries; its first entry is at offset 11 and has 5 bytes.
fn unit(entries: &[u8]) -> Vec<u8> {
    let mut body = vec![4, 0, 0, 0, 0, 0, 8, 1];
    body.extend(0u32.to_le_bytes());
    body.extend_from_slice(entries);
    let mut unit = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    unit.extend(body);
    unit
}

fn function(address: u64, size: u32, name: &str) -> Vec<u8> {
    let mut entry = vec![2];
    entry.extend(address.to_le_bytes());
    entry.extend(size.to_le_bytes());
    entry.extend(name.as_bytes());
    entry.push(0);
    entry
}

fn call(kind: u8, origin: u32, address: u64, size: u32) -> Vec<u8> {
    let mut entry = vec![kind];
    entry.extend(origin.to_le_bytes());
    entry.extend(address.to_le_bytes());
    entry.extend(size.to_le_bytes());
    entry
}

fn converted(info: Vec<u8>, more: Vec<(&'static str, Vec<u8>)>) -> (SymbolMap, Summary) {
    let mut dwarf = vec![(".debug_abbrev", Cow::Borrowed(ABBREVIATIONS)), (".debug_info", Cow::Owned(info))];
    dwarf.extend(more.into_iter().map(|(name, bytes)| (name, Cow::Owned(bytes))));
    let image = Image { os: "mac", arch: "arm64", code: vec![CODE], dwarf, ..Image::default() };
    let mut text = Vec::new();
    let summary = convert(&image, "crafted", &mut text).unwrap();
    assert!(text.len() < 200 << 20, "{}", text.len());
    (SymbolMap::from_text(text), summary)
}

fn names_at(index: &SymbolMap, rva: u64) -> Vec<String> {
    let mut frames = Vec::new();
    index.frames_at(rva, &mut frames);
    frames.iter().map(|frame| frame.function.to_string()).collect()
}

#[test]
fn names_that_refer_to_each_other() {
    // The two entries refer to each other, and a call to the first of them.
    let mut entries = call(4, 16 + 17, 0x1000, 0x10);
    entries.extend(call(4, 16, 0x1010, 0x10));
    entries.extend(function(0x1020, 0x10, "outer"));
    entries.extend(call(3, 16, 0x1020, 4));
    entries.extend(call(3, 0xffff_ff00, 0x1024, 4));
    entries.extend([0, 0, 0, 0]);
    let (index, summary) = converted(unit(&entries), Vec::new());
    assert_eq!(summary.functions, 3);
    assert_eq!(names_at(&index, 0x1000), ["<name omitted>"]);
    assert_eq!(names_at(&index, 0x1020), ["<name omitted>", "outer"]);
    assert_eq!(names_at(&index, 0x1024).last().unwrap(), "outer");
}

#[test]
fn a_call_in_a_block_after_the_block_of_another_call() {
    // The second call is nested more deeply than the first, which has ended.
    let mut entries = function(0x1000, 0x100, "outer");
    entries.push(7);
    entries.extend(call(3, 16, 0x1010, 0x10));
    entries.extend([0, 0]);
    entries.extend([7, 7, 7]);
    entries.extend(call(3, 16, 0x1080, 0x10));
    entries.extend([0; 6]);
    let (index, summary) = converted(unit(&entries), Vec::new());
    assert_eq!((summary.functions, summary.broken), (1, 0));
    assert_eq!(names_at(&index, 0x1010), ["outer", "outer"]);
    assert_eq!(names_at(&index, 0x1080), ["outer", "outer"]);
    let depths: Vec<&[u8]> =
        index.index().text().split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"INLINE ")).collect();
    assert!(depths.iter().all(|line| line.starts_with(b"INLINE 0 ")) && depths.len() == 2);
}

#[test]
fn scopes_without_end() {
    let depth = 200_000;
    let mut entries = Vec::new();
    for _ in 0..depth {
        entries.extend([6, b'n', 0]);
    }
    for at in 0..1000 {
        entries.extend(function(0x1000 + at * 16, 16, "f"));
        entries.push(0);
    }
    entries.extend(vec![0; depth + 1]);
    let (index, summary) = converted(unit(&entries), Vec::new());
    assert_eq!((summary.functions, summary.broken), (1000, 0));
    assert!(names_at(&index, 0x1000)[0].ends_with("n::n::f"));
}

/// A structure says that the next entry is inside the namespace after it. A name is the same in whatever order units are read.
#[test]
fn a_sibling_that_skips_a_namespace() {
    let first = 16;
    let mut structure = vec![8];
    structure.extend((first + 5 + 1 + 3u32).to_le_bytes());
    let namespace = [6, b'n', 0];
    let inner = function(0x1100, 0x20, "inner");
    let second = [structure.as_slice(), &[0], &namespace, &inner, &[0, 0, 0]].concat();
    let outer = function(0x1000, 0x20, "outer");
    let length = unit(&[outer.as_slice(), &call(9, 0, 0x1000, 0x10), &[0, 0]].concat()).len();
    let origin = u32::try_from(length).unwrap() + first + 5 + 1 + 3;
    let mut info = unit(&[outer.as_slice(), &call(9, origin, 0x1000, 0x10), &[0, 0]].concat());
    info.extend(unit(&second));
    let (index, _) = converted(info, Vec::new());
    assert_eq!(names_at(&index, 0x1000), ["n::inner", "outer"]);
    assert_eq!(names_at(&index, 0x1100), ["n::inner"]);
}

#[test]
fn calls_without_end() {
    let depth = 100_000;
    let mut entries = function(0x1000, 0x100, "outer");
    for _ in 0..depth {
        entries.extend(call(3, 16, 0x1000, 0x100));
    }
    entries.extend(vec![0; depth + 2]);
    let (index, summary) = converted(unit(&entries), Vec::new());
    assert_eq!(summary.functions, 1);
    assert_eq!(index.counts().inlines, 1024);
    assert_eq!(names_at(&index, 0x1080).len(), 1025);
}

#[test]
fn one_list_of_ranges_for_all() {
    let mut list = Vec::new();
    for at in 0..50_000u64 {
        list.extend((0x1000 + at * 2).to_le_bytes());
        list.extend((0x1001 + at * 2).to_le_bytes());
    }
    list.extend([0; 16]);
    let mut entries = function(0x1000, 0x1_f000, "outer");
    for _ in 0..50_000 {
        entries.extend([5, 16, 0, 0, 0, 0, 0, 0, 0]);
    }
    entries.extend([0, 0]);
    let (index, summary) = converted(unit(&entries), vec![(".debug_ranges", list)]);
    assert_eq!(summary.functions, 1);
    assert!(summary.excess > 0 && summary.broken == 0, "{summary:?}");
    assert!(index.counts().inlines >= 8, "{:?}", index.counts());
}

#[test]
fn a_function_has_the_symbol_of_its_entry_not_of_its_lowest_part() {
    // As GCC writes a method of a class in an unnamed namespace: without a mangled name, entered after its rarely used part.
    let mut list = Vec::new();
    for (start, end) in [(0x1400u64, 0x1440u64), (0x1040, 0x1060), (0, 0)] {
        list.extend(start.to_le_bytes());
        list.extend(end.to_le_bytes());
    }
    let entries = [&[10][..], b"go\0", &[0, 0, 0, 0, 0]].concat();
    let symbol = |address, end, name| Symbol { address, end, is_sized: true, name };
    let dwarf = vec![
        (".debug_abbrev", Cow::Borrowed(ABBREVIATIONS)),
        (".debug_info", Cow::Owned(unit(&entries))),
        (".debug_ranges", Cow::Owned(list)),
    ];
    let symbols = vec![
        symbol(0x1040, 0x1060, &b"_ZN12_GLOBAL__N_14Task2goEi.cold"[..]),
        symbol(0x1400, 0x1440, b"_ZN12_GLOBAL__N_14Task2goEi"),
    ];
    let image = Image { os: "Linux", arch: "x86_64", code: vec![CODE], symbols, dwarf, ..Image::default() };
    let mut text = Vec::new();
    convert(&image, "crafted", &mut text).unwrap();
    let index = SymbolMap::from_text(text);
    for address in [0x1040, 0x1400] {
        assert_eq!(names_at(&index, address), ["_ZN12_GLOBAL__N_14Task2goEi"]);
    }
}

/// A line program that sets the address 0x1000 and then runs one special opcode 60,000 times, with a row each.
fn line_table(opcode: u8) -> Vec<u8> {
    let mut program = vec![0, 9, 2];
    program.extend(0x1000u64.to_le_bytes());
    program.extend(vec![opcode; 60_000]);
    program.extend([0, 1, 1]);
    let header = [1, 1, 1, 0xfb, 14, 10, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, b'a', 0, 0, 0, 0, 0];
    let mut body = vec![4, 0];
    body.extend(u32::try_from(header.len()).unwrap().to_le_bytes());
    body.extend(header);
    body.extend(program);
    let mut lines = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    lines.extend(body);
    lines
}

#[test]
fn one_line_program_for_all() {
    let lines = line_table(0x20);
    let one: Vec<u8> = unit(&[function(0x1000, 0x1000, "f"), vec![0, 0]].concat());
    let (index, summary) = converted(one.repeat(20_000), vec![(".debug_line", lines)]);
    assert_eq!(summary.units, 20_000);
    assert!(summary.excess > 19_000, "{summary:?}");
    assert!(index.counts().lines > 0);
}

#[test]
fn many_functions_over_the_same_rows() {
    let lines = line_table(0x21);
    let mut entries = Vec::new();
    for _ in 0..20_000 {
        entries.extend(function(0x1000, 0xf000, "f"));
        entries.push(0);
    }
    entries.push(0);
    let (_, summary) = converted(unit(&entries), vec![(".debug_line", lines)]);
    assert!(summary.excess > 0);
}

#[test]
fn attributes_that_take_no_bytes() {
    let mut abbreviations = vec![1, 0x11, 1, 0, 0, 2, 0x34, 0];
    for _ in 0..1_000_000 {
        abbreviations.extend([0x3f, 0x19]); // external: flag_present
    }
    abbreviations.extend([0, 0, 0]);
    let mut body = vec![4, 0, 0, 0, 0, 0, 8, 1];
    body.extend(vec![2; 1_000_000]);
    let mut info = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    info.extend(body);
    let dwarf = vec![(".debug_abbrev", Cow::Owned(abbreviations)), (".debug_info", Cow::Owned(info))];
    let image = Image { os: "mac", arch: "arm64", code: vec![CODE], dwarf, ..Image::default() };
    let summary = convert(&image, "crafted", &mut Vec::new()).unwrap();
    assert_eq!((summary.units, summary.broken, summary.excess), (0, 0, 1));
}
