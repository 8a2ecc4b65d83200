//! Faults that cost other readers a list or the whole dump cost an entry here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use minidump::{Dump, Error, Os, kind};
use minidump_synth::{Builder, Fields, amd64_context, exception, module, thread};

const AMD64: u16 = 9;
const WINDOWS: u32 = 2;
const LINUX: u32 = 0x8201;

fn messages(dump: &Dump<'_>) -> Vec<(Option<u32>, Option<u32>, String)> {
    dump.faults.iter().map(|f| (f.stream, f.entry, f.message.to_string())).collect()
}

/// One fault of a stream's entry, whose sentence has this in it.
#[track_caller]
fn one_fault(dump: &Dump<'_>, stream: Option<u32>, entry: Option<u32>, part: &str) {
    match &messages(dump)[..] {
        [(s, e, message)] if *s == stream && *e == entry && message.contains(part) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_minidump() {
    let text = |bytes: &[u8]| Dump::parse(bytes).unwrap_err().to_string();
    assert_eq!(Dump::parse(b"").unwrap_err(), Error::NotMinidump { found: [0; 4] });
    assert!(text(b"\x7fELF").contains("offset 0"));
    assert!(text(b"PMDM\x93\xa7\0\0").contains("big-endian"));
    assert_eq!(Dump::parse(b"MDMP\x93\xa7").unwrap_err(), Error::HeaderCut { length: 6 });
    assert!(text(b"MDMP\x93\xa7").contains("6 of 32 bytes"));
    let mut file = Builder::new().build();
    file[4] = 0;
    assert_eq!(Dump::parse(&file).unwrap_err(), Error::Version { found: 0xa700 });
}

#[test]
fn an_empty_dump() {
    let file = Builder::new().build();
    let dump = Dump::parse(&file).unwrap();
    assert!(dump.faults.is_empty() && dump.threads.is_empty() && dump.system.is_none());
    assert_eq!((dump.os(), dump.arch(), dump.pid()), (Os::Unknown, None, None));
    assert_eq!((dump.crashing_thread(), dump.is_executable(1), dump.module_at(1)), (None, None, None));
}

fn modules(entries: impl Fn(&mut Builder, u32) -> Vec<Fields>) -> Vec<u8> {
    let mut builder = Builder::new();
    builder.system(AMD64, WINDOWS);
    let name = builder.text("good.dll");
    let entries = entries(&mut builder, name);
    builder.list(kind::MODULE_LIST, &entries);
    builder.build()
}

#[test]
fn a_module_without_size() {
    let file = modules(|_, name| vec![module(0x1000, 0, name, (0, 0)), module(0x2000, 0x1000, name, (0, 0))]);
    let dump = Dump::parse(&file).unwrap();
    assert_eq!(dump.modules.len(), 1);
    assert_eq!((dump.modules[0].index, dump.module_at(0x2fff)), (1, Some(0)));
    one_fault(&dump, Some(kind::MODULE_LIST), Some(0), "no size");
}

#[test]
fn a_module_beyond_the_last_address() {
    let file =
        modules(|_, name| vec![module(u64::MAX - 0xfff, 0x2000, name, (0, 0)), module(0x2000, 0x1000, name, (0, 0))]);
    let dump = Dump::parse(&file).unwrap();
    assert_eq!(dump.modules.len(), 2);
    assert_eq!(dump.modules[0].size, 0xfff);
    one_fault(&dump, Some(kind::MODULE_LIST), Some(0), "last address");
}

#[test]
fn names_that_are_long_or_nowhere() {
    let long = "n".repeat(5000);
    let file = modules(|builder, name| {
        let long = builder.text(&long);
        vec![
            module(0x1000, 0x1000, long, (0, 0)),
            module(0x2000, 0x1000, 0x7fff_ffff, (0, 0)),
            module(0x3000, 0x1000, name, (40, 0x7fff_ffff)),
        ]
    });
    let dump = Dump::parse(&file).unwrap();
    let names: Vec<_> = dump.modules.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, [&long[..255], "", "good.dll"]);
    assert_eq!(dump.faults.len(), 3);
    assert!(dump.faults[0].entry == Some(0) && dump.faults[0].message.contains("shortened"));
    assert_eq!((dump.faults[1].entry, dump.faults[1].offset), (Some(1), 0x7fff_ffff));
    assert!(dump.faults[2].message.contains("CodeView"));
}

#[test]
fn modules_that_overlap() {
    let file = modules(|_, name| {
        vec![
            module(0x2000, 0x1000, name, (0, 0)),
            module(0x1000, 0x1800, name, (0, 0)),
            module(0x2000, 0x1000, name, (0, 0)),
        ]
    });
    let dump = Dump::parse(&file).unwrap();
    assert_eq!(dump.modules.len(), 3);
    let owners: Vec<_> = [0xfff, 0x1000, 0x1fff, 0x2000, 0x2fff, 0x3000].map(|a| dump.module_at(a)).into();
    assert_eq!(owners, [None, Some(1), Some(1), Some(0), Some(0), None]);
    one_fault(&dump, Some(kind::MODULE_LIST), Some(1), "overlap");
}

#[test]
fn many_names_in_one_huge_text() {
    // 16,000 modules that share one name of 1 MB: 16 GB if each were given it.
    let mut builder = Builder::new();
    let name = builder.text(&"n".repeat(500_000));
    builder.list(kind::MODULE_LIST, &vec![module(0x1000, 0x1000, name, (0, 0)); 16_000]);
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert_eq!(dump.modules.len(), 16_000);
    let total: usize = dump.modules.iter().map(|m| m.name.len()).sum();
    assert!(total <= 2 * file.len() + (1 << 20), "{total}");
    assert_eq!(dump.faults.len(), 100);
    assert!(dump.faults_omitted > 15_000);
}

#[test]
fn memory_regions() {
    let mut builder = Builder::new();
    let a = builder.piece(b"aaaaaaaa");
    let b = builder.piece(b"bbbbbbbb");
    let region = |base: u64, location| Fields::new().u64(base).location(location);
    builder.list(
        kind::MEMORY_LIST,
        &[
            region(0x100, a),
            region(0x200, (0, a.1)),
            region(0x104, b),
            region(0x300, (8, 0xffff_0000)),
            region(0x400, (0xffff, b.1)),
            region(u64::MAX - 3, a),
        ],
    );
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert_eq!(dump.memory.read(0x100, 8), Some(&b"aaaaaaaa"[..]));
    assert_eq!(dump.memory.read(0x108, 4), Some(&b"bbbb"[..]));
    assert_eq!(dump.memory.read(0x400, 8), Some(&b"bbbbbbbb"[..]));
    assert_eq!(dump.memory.read(u64::MAX - 3, 3), Some(&b"aaa"[..]));
    assert!(dump.memory.region_at(0x200).is_none());
    let entries: Vec<_> = dump.faults.iter().map(|f| f.entry).collect();
    assert_eq!(entries, [Some(1), Some(3), Some(4), Some(5)]);
}

#[test]
fn one_thread_id_twice() {
    let mut builder = Builder::new();
    builder.system(AMD64, LINUX);
    let context = builder.piece(&amd64_context(0x1234, 0x5678));
    builder.list(kind::THREAD_LIST, &[thread(7, (0, (0, 0)), (0, 0)), thread(7, (0, (0, 0)), context)]);
    builder.stream(kind::EXCEPTION, exception(7, 11, &[], (0, 0)));
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert_eq!(dump.threads.len(), 2);
    assert_eq!(dump.crashing_thread(), Some(1));
    assert!(dump.faults.is_empty());
}

#[test]
fn one_stream_twice() {
    let mut builder = Builder::new();
    builder.system(AMD64, LINUX);
    builder.list(kind::THREAD_LIST, &[thread(1, (0, (0, 0)), (0, 0))]);
    builder.list(kind::THREAD_LIST, &[]);
    builder.raw_stream(0x1234_5678, 0, 0).raw_stream(0x1234_5678, 0, 0);
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert_eq!((dump.threads.len(), dump.streams.len()), (1, 5));
    one_fault(&dump, Some(kind::THREAD_LIST), None, "first is used");
}

#[test]
fn more_streams_than_others_take() {
    let mut builder = Builder::new();
    for _ in 0..200 {
        builder.raw_stream(kind::UNUSED, 0, 0).raw_stream(0x1234_5678, 0, 0);
    }
    builder.system(AMD64, LINUX);
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert_eq!((dump.streams.len(), dump.os()), (201, Os::Linux));
    assert!(dump.faults.is_empty());
}

#[test]
fn a_directory_that_is_cut() {
    let mut builder = Builder::new();
    builder.system(AMD64, LINUX);
    builder.list(kind::THREAD_LIST, &[thread(1, (0, (0, 0)), (0, 0))]);
    let file = builder.build();
    let dump = Dump::parse(&file[..file.len() - 1]).unwrap();
    assert_eq!((dump.os(), dump.threads.len(), dump.header.stream_count), (Os::Linux, 0, 2));
    one_fault(&dump, None, None, "promises 2 streams, 1");

    let mut file = file;
    file[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(Dump::parse(&file).unwrap().threads.len(), 1);
    file[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(Dump::parse(&file).unwrap().streams.is_empty());
}

#[test]
fn counts_beyond_the_bytes() {
    for kind in [kind::THREAD_LIST, kind::MODULE_LIST, kind::MEMORY_LIST, kind::THREAD_NAMES, kind::MEMORY_64_LIST] {
        let mut builder = Builder::new();
        builder.stream(kind, Fields::new().u64(u64::MAX).u64(0));
        let file = builder.build();
        let dump = Dump::parse(&file).unwrap();
        one_fault(&dump, Some(kind), None, "promises");
    }
    for kind in [kind::HANDLE_DATA, kind::UNLOADED_MODULE_LIST, kind::THREAD_INFO_LIST, kind::MEMORY_INFO_LIST] {
        for (header, entry) in [(16, 64), (0, 0), (u32::MAX, u32::MAX), (16, u32::MAX), (3, 64)] {
            let mut builder = Builder::new();
            builder.stream(kind, Fields::new().u32(header).u32(entry).u64(u64::MAX).to(200));
            let file = builder.build();
            let dump = Dump::parse(&file).unwrap();
            assert!(!dump.faults.is_empty(), "{kind} {header} {entry}");
        }
    }
}

#[test]
fn a_stream_outside_of_the_file() {
    let mut builder = Builder::new();
    builder.raw_stream(kind::THREAD_LIST, 100, 0xffff_ff00).raw_stream(kind::SYSTEM_INFO, 56, u32::MAX);
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert!(dump.system.is_none() && dump.threads.is_empty());
    assert!(dump.faults.iter().any(|f| f.message.contains("outside of the file")));
}

#[test]
fn an_exception_on_a_thread_that_is_not_there() {
    let mut builder = Builder::new();
    builder.system(AMD64, LINUX);
    builder.list(kind::THREAD_LIST, &[thread(1, (0, (0, 0)), (0, 0))]);
    let context = builder.piece(&amd64_context(0x1234, 0x5678));
    builder.stream(kind::EXCEPTION, exception(99, 11, &[1, 2, 3], context));
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert_eq!(dump.crashing_thread(), Some(1));
    let thread = &dump.threads[1];
    assert_eq!((thread.id, thread.synthesised, thread.context.unwrap().registers.pc()), (99, true, 0x1234));
    assert_eq!(dump.exception.as_ref().unwrap().parameters, [1, 2, 3]);
    one_fault(&dump, Some(kind::EXCEPTION), None, "thread 99");
}

#[test]
fn more_parameters_than_there_is_room_for() {
    let mut builder = Builder::new();
    let fields = exception(1, 11, &[], (0, 0)).put(32, &100u32.to_le_bytes());
    builder.stream(kind::EXCEPTION, fields).list(kind::THREAD_LIST, &[thread(1, (0, (0, 0)), (0, 0))]);
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert_eq!(dump.exception.as_ref().unwrap().parameters, [0; 15]);
    one_fault(&dump, Some(kind::EXCEPTION), None, "100 parameters");
}

#[test]
fn lists_with_padding() {
    let mut builder = Builder::new();
    builder.stream(kind::THREAD_LIST, Fields::new().u32(1).u32(0).bytes(&thread(42, (0, (0, 0)), (0, 0)).0));
    let file = builder.build();
    assert_eq!(Dump::parse(&file).unwrap().threads[0].id, 42);
}

#[test]
fn everything_overlaps() {
    let mut builder = Builder::new();
    builder.system(AMD64, WINDOWS);
    let bytes = builder.piece(&vec![0; 1 << 20]);
    let name = builder.text("a");
    // Each region lies over all before it, in the order that is worst for who owns what.
    let regions: Vec<_> = (0..60_000u64).map(|i| Fields::new().u64(0x10_0000 - i).location(bytes)).collect();
    builder.list(kind::MEMORY_LIST, &regions);
    let stacks: Vec<_> = (0..16_000u32).map(|i| thread(i, (u64::from(i), bytes), (1232, bytes.1))).collect();
    builder.list(kind::THREAD_LIST, &stacks);
    let modules: Vec<_> = (0..16_000u64).map(|i| module(i, 0x1000_0000 - 2 * i as u32, name, (0, 0))).collect();
    builder.list(kind::MODULE_LIST, &modules);
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert!(dump.memory.regions().len() <= 160_000 && dump.module_ranges.len() <= 40_000);
    assert_eq!(dump.module_at(15_999), Some(15_999));
}
