//! What is wrong is told, and nothing that many entries share comes back many times as large as the file.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use minidump::{Dump, Fault, kind};
use minidump_synth::{Builder, Fields, amd64_context, exception, module, thread};

const AMD64: u16 = 9;
const WINDOWS: u32 = 2;
const LINUX: u32 = 0x8201;

fn file(os: u32, fill: impl FnOnce(&mut Builder)) -> Vec<u8> {
    let mut builder = Builder::new();
    builder.system(AMD64, os);
    fill(&mut builder);
    builder.build()
}

/// The only fault of a dump.
#[track_caller]
fn only<'d>(dump: &'d Dump<'_>) -> &'d Fault {
    match &dump.faults[..] {
        [fault] => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn annotations_that_share_one_value() {
    let file = file(LINUX, |b| {
        let name = b.utf8(b"ring");
        let value = b.utf8(&[b'v'; 1 << 16]);
        let mut objects = Fields::new().u32(5000);
        for _ in 0..5000 {
            objects = objects.u32(name).u16(0x8001).u16(0).u32(value);
        }
        let objects = b.piece(&objects.0);
        let module = b.piece(&Fields::new().u32(1).location((0, 0)).location((0, 0)).location(objects).0);
        let modules = b.piece(&Fields::new().u32(1).u32(0).location(module).0);
        b.stream(kind::CRASHPAD_INFO, Fields::new().u32(1).to(44).location(modules));
    });
    let dump = Dump::parse(&file).unwrap();
    let crashpad = dump.crashpad.as_ref().unwrap();
    let bytes: usize = crashpad.modules.iter().flat_map(|m| &m.objects).map(|o| o.value.len()).sum();
    assert!(bytes <= 5 * file.len(), "{bytes} of {}", file.len());
    assert!(dump.faults[0].message.contains("exceed its size"), "{:?}", dump.faults[0]);
}

#[test]
fn an_annotation_twice() {
    let file = file(LINUX, |b| {
        let (name, first, second) = (b.utf8(b"prod"), b.utf8(b"first"), b.utf8(b"second"));
        let dictionary = b.piece(&Fields::new().u32(2).u32(name).u32(first).u32(name).u32(second).0);
        b.stream(kind::CRASHPAD_INFO, Fields::new().u32(1).to(36).location(dictionary).to(52));
    });
    let dump = Dump::parse(&file).unwrap();
    assert_eq!(dump.crashpad.as_ref().unwrap().annotations, [("prod".to_owned(), "first".to_owned())]);
    assert!(only(&dump).message.contains("a second time"));
}

#[test]
fn modules_that_share_one_debug_name() {
    let file = file(WINDOWS, |b| {
        let name = b.text("a.dll");
        let misc = b.piece(&Fields::new().u32(1).u32(1 << 16).u32(0).bytes(&[b'd'; 1 << 16]).0);
        let entry = |i: u64| module(0x1000 * (i + 1), 0x1000, name, (0, 0)).put(84, &Fields::new().location(misc).0);
        let entries: Vec<_> = (0..5000).map(entry).collect();
        b.list(kind::MODULE_LIST, &entries);
    });
    let dump = Dump::parse(&file).unwrap();
    let bytes: usize = dump.modules.iter().filter_map(|m| m.debug_file.as_ref()).map(String::len).sum();
    assert!(dump.modules.len() == 5000 && bytes <= 5 * file.len(), "{bytes} of {}", file.len());
}

#[test]
fn modules_that_share_one_endless_record() {
    let record = [&b"RSDS"[..], &[7; 20], &[b'p'; 1 << 20]].concat();
    for record in [record, [&b"LEpB"[..], &[0; 1 << 20]].concat()] {
        let file = file(LINUX, |b| {
            let (name, record) = (b.text("a.so"), b.piece(&record));
            let entries: Vec<_> = (0..16_000).map(|i| module(0x1000 * (i + 1), 0x1000, name, record)).collect();
            b.list(kind::MODULE_LIST, &entries);
        });
        assert_eq!(Dump::parse(&file).unwrap().modules.len(), 16_000);
    }
}

#[test]
fn file_names_that_no_system_has() {
    let file = file(WINDOWS, |b| {
        let name = b.text(&format!("C:\\{}\\{}.dll", "folder".repeat(200), "x".repeat(10_000)));
        b.list(kind::MODULE_LIST, &[module(0x1000, 0x1000, name, (0, 0))]);
    });
    let dump = Dump::parse(&file).unwrap();
    let name = &dump.modules[0].name;
    assert!(name.contains("folderfolder") && name.ends_with(&format!("\\{}", "x".repeat(255))), "{name}");
    assert!(only(&dump).message.contains("shortened"));
}

#[test]
fn codeview_records_that_say_nothing() {
    let dumps = [
        (&b"RSDS\x01\x02\x03\x04"[..], true),
        (b"ABCD0123456789abcdef01234567", true),
        // Reserved and left empty by writers that know no id.
        (&[0; 24], false),
    ];
    for (record, told) in dumps {
        let file = file(LINUX, |b| {
            let (name, record) = (b.text("/lib/a.so"), b.piece(record));
            b.list(kind::MODULE_LIST, &[module(0x1000, 0x1000, name, record)]);
        });
        let dump = Dump::parse(&file).unwrap();
        assert_eq!((dump.modules.len(), dump.modules[0].debug_id), (1, None));
        assert_eq!(dump.faults.iter().any(|f| f.entry == Some(0) && f.message.contains("CodeView")), told);
    }
}

#[test]
fn a_stream_in_the_header() {
    let file = file(LINUX, |b| {
        b.raw_stream(kind::UNLOADED_MODULE_LIST, 100, 0).raw_stream(kind::MISC_INFO, 24, 8);
    });
    let dump = Dump::parse(&file).unwrap();
    assert!(dump.unloaded.is_empty() && dump.pid().is_none());
    let told: Vec<_> = dump.faults.iter().filter(|f| f.message.contains("in the file's header")).collect();
    assert_eq!(
        told.iter().map(|f| (f.stream, f.offset)).collect::<Vec<_>>(),
        [(Some(kind::MISC_INFO), 8), (Some(kind::UNLOADED_MODULE_LIST), 0)]
    );
}

#[test]
fn an_exception_of_nobody() {
    let file = file(LINUX, |b| {
        let context = b.piece(&amd64_context(0x1000, 0x7000));
        b.list(kind::THREAD_LIST, &[thread(1, (0, (0, 0)), context)]);
        b.stream(kind::EXCEPTION, exception(9, 11, &[], (0, 0)));
    });
    let dump = Dump::parse(&file).unwrap();
    assert_eq!((dump.threads.len(), dump.crashing_thread()), (1, None));
    assert!(only(&dump).message.contains("thread 9 is not in the thread list"));
}

#[test]
fn lines_that_are_no_map() {
    let text = b"00400000-00401000 r-xp 00000000 00:00 0 /a\nnonsense\n\n2-1 rw-p 0 0:0 0\n\0";
    let file = file(LINUX, |b| {
        b.stream(kind::LINUX_MAPS, Fields::new().bytes(text));
    });
    let dump = Dump::parse(&file).unwrap();
    assert_eq!((dump.regions.len(), dump.linux.maps_count, dump.linux.maps), (1, Some(1), Some(&text[..])));
    assert!(only(&dump).message.starts_with("2 of 3 lines"));
}

#[test]
fn boot_arguments_that_are_cut() {
    let file = file(0x8101, |b| {
        b.stream(kind::MAC_BOOT_ARGS, Fields::new().u32(0x4d7a_0002).u32(0));
    });
    assert!(only(&Dump::parse(&file).unwrap()).message.contains("ends inside its offset"));
}
