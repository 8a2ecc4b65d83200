//! Files of a few bytes that ask for many: the text and the memory of a conversion are bounded by the size of the file.
//!
//! Each test writes files of one kind in two sizes, the second four times the first, so that what grows faster than the
//! file is seen as well as what is too much at once.
#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use debuginfo::companions::Companions;
use debuginfo::{Summary, convert, macho, records};
use symbols::index::IndexBuilder;

mod mach_o;

use mach_o::{BASE, Dwarf, fat, function, mach_o, symbol, unit};

/// Counts what is allocated.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// One measurement at a time.
static MEASURING: Mutex<()> = Mutex::new(());

// SAFETY: every call goes on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller's promise is the one that is required.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let now = NOW.fetch_add(size, Ordering::Relaxed) + size - layout.size();
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller's promise is the one that is required.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is the one that is required.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Where a text goes that only its length matters of.
#[derive(Default)]
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// No other test may allocate while one measures.
fn alone() -> MutexGuard<'static, ()> {
    MEASURING.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Convert every slice of a file, and hold text and memory against the file's size.
fn bounded(file: &[u8]) -> Summary {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let mut all = Summary::default();
    let mut text = Length::default();
    let slices = macho::builds(file).unwrap();
    all.excess += slices.refused;
    for slice in slices.list {
        let image = macho::image(file, &slice, &Companions::default()).unwrap();
        let summary = convert(&image, "crafted", &mut text).unwrap();
        all.functions += summary.functions;
        all.units += summary.units;
        all.broken += summary.broken;
        all.excess += summary.excess;
    }
    let memory = PEAK.load(Ordering::Relaxed) - before;
    bounded_index(file, &all);
    assert!(text.0 <= (8 << 20) + 3 * file.len(), "{} bytes of text for {}", text.0, file.len());
    assert!(memory <= (48 << 20) + 4 * file.len(), "{memory} bytes in memory for {}", file.len());
    all
}

/// Index every slice of a file without a text, and hold memory against the file's size.
fn bounded_index(file: &[u8], same: &Summary) {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let mut functions = 0;
    for slice in macho::builds(file).unwrap().list {
        let mut builder = IndexBuilder::default();
        let summary =
            records(&macho::image(file, &slice, &Companions::default()).unwrap(), "crafted", &mut builder).unwrap();
        functions += summary.functions;
        drop(builder.finish());
    }
    let memory = PEAK.load(Ordering::Relaxed) - before;
    assert_eq!(functions, same.functions);
    assert!(memory <= (48 << 20) + 4 * file.len(), "{memory} bytes in memory for {}", file.len());
}

const SIZES: [usize; 2] = [10_000, 40_000];

fn long(length: usize) -> Vec<u8> {
    let mut name = vec![b'_'; 1];
    name.resize(length, b's');
    name
}

#[test]
fn symbols_that_share_a_long_name() {
    let _alone = alone();
    for count in SIZES {
        let strings = [b"\0", long(250_000).as_slice(), b"\0"].concat();
        let symbols: Vec<u8> = (0..count as u64).flat_map(|at| symbol(1, BASE + 4 * at)).collect();
        let summary = bounded(&mach_o(&Dwarf::default(), &symbols, &strings));
        assert!(summary.functions > 10, "{summary:?}");
        assert!(summary.excess > 0, "{summary:?}");
        // All of them at one address: only one is used, and each name must not be read to its end for that.
        let symbols: Vec<u8> = (0..count as u32).flat_map(|at| symbol(at, BASE)).collect();
        assert_eq!(bounded(&mach_o(&Dwarf::default(), &symbols, &strings)).functions, 1);
    }
}

#[test]
fn functions_whose_names_are_tails_of_one() {
    let _alone = alone();
    for count in SIZES {
        let strings = [long(250_000).as_slice(), b"\0"].concat();
        let entries: Vec<u8> =
            (0..count as u32).flat_map(|at| function(3, &at.to_le_bytes(), BASE + 16 * u64::from(at))).collect();
        let dwarf = Dwarf { info: unit(0, &entries), strings: strings.clone(), ..Dwarf::default() };
        let summary = bounded(&mach_o(&dwarf, &[], b"\0"));
        assert!(summary.functions > 10 && summary.excess > 0, "{summary:?}");
        // Each in a unit of its own.
        let units = |at: u32| unit(0, &function(3, &at.to_le_bytes(), BASE + 16 * u64::from(at)));
        let dwarf = Dwarf { info: (0..count as u32).flat_map(units).collect(), strings, ..Dwarf::default() };
        let summary = bounded(&mach_o(&dwarf, &[], b"\0"));
        assert!(summary.units > 1000 && summary.excess > 0, "{summary:?}");
    }
}

#[test]
fn functions_that_are_declared_once_with_a_long_name() {
    let _alone = alone();
    for count in SIZES {
        // The declaration follows the unit's own entry.
        let declaration = 14u32;
        let mut entries = [&[4], long(200_000).as_slice(), b"\0"].concat();
        for at in 0..count as u64 {
            entries.extend(function(5, &declaration.to_le_bytes(), BASE + 16 * at));
        }
        let summary = bounded(&mach_o(&Dwarf { info: unit(0, &entries), ..Dwarf::default() }, &[], b"\0"));
        assert!(summary.functions > 10 && summary.excess > 0, "{summary:?}");
    }
}

#[test]
fn functions_in_nested_scopes() {
    let _alone = alone();
    for count in SIZES {
        let depth = 2000;
        let mut entries = Vec::new();
        for _ in 0..depth {
            entries.extend([&[6], [b'n'; 60].as_slice(), b"\0"].concat());
        }
        let declaration = u32::try_from(14 + entries.len()).unwrap();
        entries.extend(b"\x04f\0");
        entries.extend(vec![0; depth]);
        for at in 0..count as u64 {
            entries.extend(function(5, &declaration.to_le_bytes(), BASE + 16 * at));
        }
        let summary = bounded(&mach_o(&Dwarf { info: unit(0, &entries), ..Dwarf::default() }, &[], b"\0"));
        assert!(summary.functions > 100, "{summary:?}");
        assert!(summary.excess > 0, "{summary:?}");
    }
}

#[test]
fn source_files_in_a_directory_with_a_long_name() {
    let _alone = alone();
    for count in SIZES {
        let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
        header.extend([vec![b'D'; 4000], vec![0, 0]].concat());
        let mut program = [&[0, 9, 2], BASE.to_le_bytes().as_slice()].concat();
        for at in 0..count {
            header.extend(format!("{at:x}\0\u{1}\0\0").bytes());
            program.push(4);
            program.extend(mach_o::uleb(at + 1));
            program.extend([1, 2, 1]);
        }
        header.push(0);
        program.extend([0, 1, 1]);
        let lines = mach_o::line_section(&header, &program);
        let entries = function(2, b"f\0", BASE);
        let dwarf = Dwarf { info: mach_o::unit_with_lines(&entries), lines, ..Dwarf::default() };
        let summary = bounded(&mach_o(&dwarf, &[], b"\0"));
        assert!(summary.excess > 0, "{summary:?}");
    }
}

#[test]
fn a_row_for_each_byte() {
    let _alone = alone();
    for count in SIZES {
        let header = [1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, b'a', 0, 0, 0, 0, 0];
        let program = [&[0, 9, 2], BASE.to_le_bytes().as_slice(), &vec![0x21; count * 50], &[0, 1, 1]].concat();
        let entries = function(2, b"f\0", BASE);
        let lines = mach_o::line_section(&header, &program);
        let dwarf = Dwarf { info: mach_o::unit_with_lines(&entries), lines, ..Dwarf::default() };
        let file = mach_o(&dwarf, &[], b"\0");
        let summary = bounded(&file);
        // Go's assembler writes such programs; only the text is longer than a text may be.
        bounded_index(&file, &summary);
    }
}

#[test]
fn files_that_the_line_program_defines() {
    let _alone = alone();
    for count in SIZES {
        let header = [1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, b'a', 0, 0, 0, 0, 0];
        let program = b"\0\x08\x03abc\0\0\0\0".repeat(count * 10);
        let lines = mach_o::line_section(&header, &program);
        let entries = function(2, b"f\0", BASE);
        let dwarf = Dwarf { info: mach_o::unit_with_lines(&entries), lines, ..Dwarf::default() };
        let summary = bounded(&mach_o(&dwarf, &[], b"\0"));
        assert_eq!(summary.excess, 1, "{summary:?}");
    }
}

#[test]
fn functions_in_functions() {
    let _alone = alone();
    for count in SIZES {
        let mut abbreviations = mach_o::ABBREVIATIONS.to_vec();
        // Number 2, with entries inside.
        abbreviations[9] = 1;
        let entries: Vec<u8> = (0..count as u64 * 10).flat_map(|at| function(2, b"f\0", BASE + 16 * at)).collect();
        let dwarf = Dwarf { info: unit(0, &entries), abbreviations, ..Dwarf::default() };
        let summary = bounded(&mach_o(&dwarf, &[], b"\0"));
        assert_eq!((summary.functions, summary.excess), (1024, count as u64 * 10 - 1024));
    }
}

#[test]
fn units_of_a_few_bytes() {
    let _alone = alone();
    for count in SIZES {
        let summary =
            bounded(&mach_o(&Dwarf { info: unit(0, &[]).repeat(count * 10), ..Dwarf::default() }, &[], b"\0"));
        assert!(summary.excess > 0, "{summary:?}");
    }
}

#[test]
fn abbreviations_with_shared_ends() {
    let _alone = alone();
    for count in [1000usize, 4000] {
        // One table, and a unit for each of its abbreviations that begins there.
        let mut table = Vec::new();
        let mut starts = Vec::new();
        for at in 0..1000 {
            starts.push(u32::try_from(table.len()).unwrap());
            table.extend([mach_o::uleb(at + 1), vec![0x11, 1, 3, 8, 0, 0]].concat());
        }
        table.push(0);
        let units = (0..count).flat_map(|at| unit(starts[at % starts.len()], &[])).collect();
        let summary = bounded(&mach_o(&Dwarf { info: units, abbreviations: table, ..Dwarf::default() }, &[], b"\0"));
        assert!(summary.excess > 0, "{summary:?}");
    }
}

#[test]
fn slices_over_the_same_bytes() {
    let _alone = alone();
    let strings = [b"\0", long(250_000).as_slice(), b"\0"].concat();
    let symbols: Vec<u8> = (0..400).flat_map(|at| symbol(1, BASE + 4 * at)).collect();
    let slice = mach_o(&Dwarf::default(), &symbols, &strings);
    let file = fat(&slice, 43);
    assert_eq!(macho::builds(&file).unwrap().list.len(), 1);
    // The others are reported, and so are the symbols that are beyond the text's limit.
    assert!(bounded(&file).excess > 42);
}

#[test]
fn a_section_that_is_long_when_decompressed() {
    let _alone = alone();
    for megabytes in [20u64, 80] {
        // Zeros, compressed by hand: a block for each 258 bytes would take an encoder, stored blocks would not shrink.
        let mut section = b"ZLIB".to_vec();
        section.extend((megabytes << 20).to_be_bytes());
        section.extend(vec![0; usize::try_from(megabytes << 10).unwrap()]);
        let dwarf = Dwarf { info: unit(0, &[]), compressed_strings: section, ..Dwarf::default() };
        let summary = bounded(&mach_o(&dwarf, &[], b"\0"));
        assert_eq!((summary.broken, summary.excess), (0, 1), "{summary:?}");
    }
}

#[test]
fn a_line_program_with_a_long_header() {
    let _alone = alone();
    for count in SIZES {
        let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0];
        header.extend(b"a\0\0\0\0".repeat(count * 50));
        header.push(0);
        let lines = mach_o::line_section(&header, &[0, 1, 1]);
        let entries = function(2, b"f\0", BASE);
        let dwarf = Dwarf { info: mach_o::unit_with_lines(&entries), lines, ..Dwarf::default() };
        let summary = bounded(&mach_o(&dwarf, &[], b"\0"));
        assert_eq!(summary.excess, u64::from(header.len() > 2 << 20), "{summary:?}");
    }
}
