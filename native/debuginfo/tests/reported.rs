//! What exceeds a limit and is left out or shortened is counted, so that no limit changes a text in silence.
#![allow(clippy::unwrap_used)]

use debuginfo::companions::Companions;
use debuginfo::{Summary, convert, macho};

mod mach_o;

use mach_o::{ABBREVIATIONS, BASE, Dwarf, function, mach_o, symbol, unit};

fn summary(dwarf: &Dwarf, symbols: &[u8], strings: &[u8]) -> Summary {
    let file = mach_o(dwarf, symbols, strings);
    let slice = macho::builds(&file).unwrap().list.swap_remove(0);
    let image = macho::image(&file, &slice, &Companions::default()).unwrap();
    convert(&image, "crafted", &mut std::io::sink()).unwrap()
}

fn of_entries(entries: &[u8]) -> Summary {
    summary(&Dwarf { info: unit(0, entries), ..Dwarf::default() }, &[], b"\0")
}

fn of_lines(header: &[u8], program: &[u8], units: usize) -> Summary {
    let info = mach_o::unit_with_lines(&function(2, b"f\0", BASE)).repeat(units);
    summary(&Dwarf { info, lines: mach_o::line_section(header, program), ..Dwarf::default() }, &[], b"\0")
}

/// A line program's header with one directory and one file.
fn header(directory: &[u8]) -> Vec<u8> {
    let start = [1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
    [&start, directory, b"\0\0", b"a.c\0\x01\0\0\0".as_slice()].concat()
}

fn program(rows: &[u8]) -> Vec<u8> {
    [&[0, 9, 2], BASE.to_le_bytes().as_slice(), rows, &[2, 16, 0, 1, 1]].concat()
}

/// A function inside of nested namespaces.
fn nested(depth: usize, name: &[u8]) -> Vec<u8> {
    let open = [&[6], name, b"\0"].concat().repeat(depth);
    [open, function(2, b"f\0", BASE), vec![0; depth]].concat()
}

#[test]
fn nothing_is_reported_of_what_is_within_the_limits() {
    let whole = Summary { functions: 1, units: 1, ..Summary::default() };
    assert_eq!(of_entries(&function(2, &[&[b'f'; 256 << 10], b"\0".as_slice()].concat(), BASE)), whole);
    assert_eq!(of_entries(&nested(127, b"n")), whole);
    assert_eq!(of_lines(&header(&[b'D'; 4000]), &program(&[1]), 1), whole);
    assert_eq!(of_lines(&header(b"d"), &program(&[1]), 2), Summary { functions: 2, units: 2, ..whole });
}

#[test]
fn names() {
    let long = [vec![b'f'; (256 << 10) + 1], vec![0]].concat();
    assert_eq!(of_entries(&function(2, &long, BASE)).excess, 1);
    let strings = [&[0, b'_'], long.as_slice()].concat();
    assert_eq!(summary(&Dwarf::default(), &symbol(1, BASE), &strings).excess, 1);
}

#[test]
fn scopes() {
    assert_eq!(of_entries(&nested(130, b"n")).excess, 1);
    assert_eq!(of_entries(&nested(3, &[b'n'; 2000])).excess, 1);
}

#[test]
fn references_to_a_name() {
    // Each function has the name of the one before it; the first has none. The entries have 17 bytes.
    let entry = |at: u32| function(5, &(14 + 17 * at.saturating_sub(1)).to_le_bytes(), BASE + 16 * u64::from(at));
    let summary = of_entries(&(0..20).flat_map(entry).collect::<Vec<u8>>());
    // The first refers to itself; those with at most 15 references between lead there as well.
    assert_eq!((summary.functions, summary.excess), (20, 20));
}

#[test]
fn calls_that_are_inlined_too_deep() {
    let mut abbreviations = ABBREVIATIONS[..ABBREVIATIONS.len() - 1].to_vec();
    abbreviations[9] = 1;
    abbreviations.extend([8, 0x1d, 1, 0x11, 0x01, 0x12, 0x06, 0, 0, 0]);
    let calls = (0..1030).flat_map(|_| function(8, b"", BASE));
    let entries: Vec<u8> = function(2, b"f\0", BASE).into_iter().chain(calls).collect();
    let dwarf = Dwarf { info: unit(0, &entries), abbreviations, ..Dwarf::default() };
    assert_eq!(summary(&dwarf, &[], b"\0").excess, 6);
}

#[test]
fn attributes_of_an_abbreviation() {
    let attributes = [0x03, 0x19].repeat(200);
    let abbreviations = [&[1, 0x11, 1], attributes.as_slice(), &[0, 0, 0]].concat();
    let dwarf = Dwarf { info: unit(0, &[]), abbreviations, ..Dwarf::default() };
    let summary = summary(&dwarf, &[], b"\0");
    assert_eq!((summary.broken, summary.excess), (0, 1));
}

#[test]
fn a_damaged_abbreviation_is_no_excess() {
    let dwarf = Dwarf { info: unit(1000, &[]), ..Dwarf::default() };
    let summary = summary(&dwarf, &[], b"\0");
    assert_eq!((summary.broken, summary.excess), (1, 0));
}

#[test]
fn paths() {
    assert_eq!(of_lines(&header(&[b'D'; 5000]), &program(&[1]), 1).excess, 1);
}

#[test]
fn lines_of_code_without_functions() {
    let lines = of_lines(&header(b"d"), &program(&[3, 1, 2, 1, 1].repeat(1000)), 1);
    assert_eq!(lines.excess, 0);
    // For each row the line and the address are advanced.
    let lines = of_lines(&header(b"d"), &program(&[3, 1, 2, 1, 1].repeat(80_000)), 1);
    assert_eq!(lines.excess, 1);
}

#[test]
fn line_programs_that_units_share() {
    assert_eq!(of_lines(&header(b"d"), &program(&[1]), 5).excess, 3);
}

#[test]
fn functions_and_units_behind_the_limit_of_the_text() {
    let name = |at: u32| function(3, &at.to_le_bytes(), BASE + 16 * u64::from(at));
    let strings = [vec![b's'; 200_000], vec![0]].concat();
    // In one unit: its share of the text suffices for some functions.
    let functions: Vec<u8> = (0..1000).flat_map(name).collect();
    let one = summary(&Dwarf { info: unit(0, &functions), strings: strings.clone(), ..Dwarf::default() }, &[], b"\0");
    assert_eq!(one.functions + one.excess, 1000, "{one:?}");
    // In a unit each: the share of a unit of some bytes suffices for a shorter name, and the whole text ends before the units.
    let strings = [vec![b's'; 1500], vec![0]].concat();
    let units: Vec<u8> = (0..20_000).flat_map(|at| unit(0, &name(at % 100))).collect();
    let each = summary(&Dwarf { info: units, strings, ..Dwarf::default() }, &[], b"\0");
    assert_eq!((each.units, each.functions + each.excess), (20_000, 20_000), "{each:?}");
    assert!(each.functions > 1000 && each.excess > 1000, "{each:?}");
}
