//! Streams by themselves, made as their writers make them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use minidump::{Dump, RegionKind, RegionState, kind};
use minidump_synth::{Builder, Fields, module, thread};

const AMD64: u16 = 9;
const WINDOWS: u32 = 2;
const MAC: u32 = 0x8101;
const LINUX: u32 = 0x8201;

#[track_caller]
fn clean<'f>(file: &'f [u8]) -> Dump<'f> {
    let dump = Dump::parse(file).unwrap();
    assert!(dump.faults.is_empty(), "{:?}", dump.faults);
    dump
}

fn file(build: impl FnOnce(&mut Builder)) -> Vec<u8> {
    let mut builder = Builder::new();
    build(&mut builder);
    builder.build()
}

#[test]
fn memory64_gives_stacks_their_bytes() {
    let file = file(|b| {
        b.system(AMD64, WINDOWS);
        let (_, rva) = b.piece(b"first regionsecond");
        // The stack's descriptor has a size and no offset, as in full dumps.
        b.list(kind::THREAD_LIST, &[thread(1, (0x2000, (6, 0)), (0, 0))]);
        let list = Fields::new().u64(2).u64(rva.into()).u64(0x1000).u64(12).u64(0x2000).u64(6);
        b.stream(kind::MEMORY_64_LIST, list);
    });
    let dump = clean(&file);
    assert_eq!(dump.memory.read(0x2000, 6), Some(&b"second"[..]));
    assert_eq!(dump.memory.read(0x1000, 12).unwrap(), b"first region");
    assert!(dump.memory.region_at(0x100c).is_none());
}

#[test]
fn stacks_outside_of_the_memory_list() {
    let file = file(|b| {
        let stack = b.piece(b"stack");
        b.list(kind::THREAD_LIST, &[thread(1, (0x2000, stack), (0, 0))]);
    });
    assert_eq!(clean(&file).memory.read(0x2000, 5), Some(&b"stack"[..]));
}

#[test]
fn thread_names_and_times() {
    let file = file(|b| {
        b.list(kind::THREAD_LIST, &[thread(1, (0, (0, 0)), (0, 0)), thread(2, (0, (0, 0)), (0, 0))]);
        let name = b.text("Worker");
        let empty = b.text("");
        let entry = |id: u32, rva: u32| Fields::new().u32(id).u64(rva.into());
        b.list(kind::THREAD_NAMES, &[entry(2, name), entry(1, empty)]);
        let info = Fields::new().u32(2).to(16).u64(10).u64(0).u64(20).u64(30).u64(0x7ff0).u64(3);
        b.stream(kind::THREAD_INFO_LIST, Fields::new().u32(12).u32(64).u32(1).bytes(&info.0));
        b.stream(kind::BREAKPAD_INFO, Fields::new().u32(3).u32(1).u32(2));
    });
    let dump = clean(&file);
    assert_eq!((dump.threads[0].name.as_deref(), dump.threads[1].name.as_deref()), (None, Some("Worker")));
    let info = dump.threads[1].info.unwrap();
    assert_eq!((info.create_time, info.user_time, info.start_address), (10, 30, 0x7ff0));
    assert!(dump.threads[0].is_dump_writer && !dump.threads[1].is_dump_writer);
    // No exception: who asked for the dump is of interest.
    assert_eq!(dump.crashing_thread(), Some(1));
}

#[test]
fn thread_names_with_short_offsets() {
    let file = file(|b| {
        b.list(kind::THREAD_LIST, &[thread(1, (0, (0, 0)), (0, 0))]);
        let name = b.text("short");
        b.list(kind::THREAD_NAMES, &[Fields::new().u32(1).u32(name)]);
    });
    assert_eq!(clean(&file).threads[0].name.as_deref(), Some("short"));
}

#[test]
fn ids_of_modules() {
    let guid: Vec<u8> = (1..=16).collect();
    let rsds = |age: u32, path: &str| Fields::new().bytes(b"RSDS").bytes(&guid).u32(age).bytes(path.as_bytes()).u8(0).0;
    let ids = |platform: u32, record: &[u8]| {
        let file = file(|b| {
            b.system(AMD64, platform);
            let name = b.text("/lib/a.so");
            let record = b.piece(record);
            b.list(kind::MODULE_LIST, &[module(0x1000, 0x2000, name, record)]);
        });
        let module = clean(&file).modules.remove(0);
        (module.debug_id.map(|id| id.to_string()).unwrap_or_default(), module.code_id, module.debug_file)
    };
    let some = |text: &str| Some(text.to_owned());
    let id = "0403020106050807090A0B0C0D0E0F10";
    let bytes = "0102030405060708090a0b0c0d0e0f10";
    assert_eq!(ids(WINDOWS, &rsds(26, "a.pdb")), (format!("{id}1a"), some("5ff69a712000"), some("a.pdb")));
    assert_eq!(ids(LINUX, &rsds(0, "")), (format!("{id}0"), some(bytes), some("/lib/a.so")));
    assert_eq!(ids(MAC, &rsds(0, "a")), (format!("{id}0"), some(&id.to_lowercase()), some("a")));

    let build_id: Vec<u8> = (1..=20).collect();
    let record = [b"LEpB".to_vec(), build_id].concat();
    assert_eq!(ids(LINUX, &record), (format!("{id}0"), some(&format!("{bytes}11121314")), some("/lib/a.so")));
    let short = [b"LEpB".to_vec(), vec![1, 2, 3]].concat();
    assert_eq!(ids(LINUX, &short), ("000302010000000000000000000000000".to_owned(), some("010203"), some("/lib/a.so")));

    let nb10 = Fields::new().bytes(b"NB10").u32(0).u32(0x4a5b_6c7d).u32(2).bytes(b"old.pdb\0").0;
    assert_eq!(ids(WINDOWS, &nb10), ("4A5B6C7D2".to_owned(), some("5ff69a712000"), some("old.pdb")));

    let nothing = Fields::new().bytes(b"RSDS").to(24).0;
    assert_eq!(ids(LINUX, &nothing), (String::new(), None, None));
    assert_eq!(ids(WINDOWS, b""), (String::new(), some("5ff69a712000"), None));
}

#[test]
fn versions() {
    let version = |platform: u32| {
        let file = file(|b| {
            b.system(AMD64, platform);
            let name = b.text("a");
            let info = Fields::new().u32(0xfeef_04bd).u32(0x1_0000).u32(0x0001_0002).u32(0x0003_0004).u32(5).u32(6);
            b.list(kind::MODULE_LIST, &[module(1, 2, name, (0, 0)).put(24, &info.0)]);
        });
        clean(&file).modules[0].version.clone().unwrap()
    };
    assert_eq!(version(WINDOWS), "1.2.3.4");
    assert_eq!(version(LINUX), "65538.196612.5.6");
}

#[test]
fn unloaded_modules() {
    let file = file(|b| {
        b.system(AMD64, WINDOWS);
        let name = b.text("gone.dll");
        let entry = |base: u64| Fields::new().u64(base).u32(0x1000).u32(0).u32(0xfa1d_3cd5).u32(name).0;
        let list = Fields::new().u32(12).u32(24).u32(2).bytes(&entry(0x1000)).bytes(&entry(0x1800));
        b.stream(kind::UNLOADED_MODULE_LIST, list);
    });
    let dump = clean(&file);
    assert_eq!(dump.unloaded_at(0x1900).count(), 2);
    let only = dump.unloaded_at(0x1000).next().unwrap();
    assert_eq!((only.name.as_str(), only.code_id.as_deref()), ("gone.dll", Some("fa1d3cd51000")));
}

#[test]
fn memory_info_and_what_can_run() {
    let file = file(|b| {
        let region = |base: u64, size: u64, state: u32, protect: u32, kind: u32| {
            Fields::new().u64(base).u64(base).u64(protect.into()).u64(size).u32(state).u32(protect).u32(kind).u32(0).0
        };
        let list = Fields::new().u32(16).u32(48).u64(4);
        let list = list.bytes(&region(0x3000, 0x1000, 0x1000, 0x104, 0x2_0000));
        let list = list.bytes(&region(0x1000, 0x1000, 0x1000, 0x20, 0x100_0000));
        let list = list.bytes(&region(0x2000, 0x1000, 0x1_0000, 0x40, 0));
        b.stream(kind::MEMORY_INFO_LIST, list.bytes(&region(0x1800, 0x800, 0x1000, 0x04, 0x4_0000)));
    });
    let dump = clean(&file);
    let shape: Vec<_> = dump.regions.iter().map(|r| (r.base, r.size, r.state, r.kind)).collect();
    assert_eq!(
        shape,
        [
            (0x1000, 0x1000, RegionState::Committed, RegionKind::Image),
            (0x2000, 0x1000, RegionState::Free, RegionKind::Unknown),
            (0x3000, 0x1000, RegionState::Committed, RegionKind::Private),
        ]
    );
    let run = [0x1000, 0x1fff, 0x2000, 0x3000, 0x4000].map(|a| dump.is_executable(a));
    assert_eq!(run, [Some(true), Some(true), Some(false), Some(false), Some(false)]);
    assert!(dump.regions[2].protection.guard && dump.regions[2].protection.write);
}

#[test]
fn maps_when_there_is_no_memory_info() {
    let text = b"1000-2000 r-xp 00000000 08:01 5   /bin/a\n2000-3000 rw-p 00000000 00:00 0\n";
    let file = file(|b| {
        b.system(AMD64, LINUX).stream(kind::LINUX_MAPS, Fields::new().bytes(text));
        b.stream(kind::LINUX_PROC_STATUS, Fields::new().bytes(b"Name:\ta\nPid:\t77\n"));
    });
    let dump = clean(&file);
    assert_eq!((dump.linux.maps_count, dump.pid()), (Some(2), Some(77)));
    assert_eq!([0x1fff, 0x2000].map(|a| dump.is_executable(a)), [Some(true), Some(false)]);
    assert_eq!((dump.regions[0].kind, dump.regions[1].kind), (RegionKind::Mapped, RegionKind::Private));
}

#[test]
fn handles() {
    for size in [32, 40] {
        let file = file(|b| {
            let kind = b.text("File");
            let object = b.text("\\Device\\HarddiskVolume3\\a.txt");
            let one = Fields::new().u64(4).u32(kind).u32(object).u32(1).u32(2).u32(3).u32(4).to(size);
            let two = Fields::new().u64(8).to(size);
            let list = Fields::new().u32(16).u32(u32::try_from(size).unwrap()).u32(2).u32(0);
            b.stream(kind::HANDLE_DATA, list.bytes(&one.0).bytes(&two.0));
        });
        let dump = clean(&file);
        let [one, two] = &dump.handles.as_ref().unwrap()[..] else { panic!() };
        assert_eq!((one.handle, one.type_name.as_deref(), one.granted_access), (4, Some("File"), 2));
        assert_eq!(one.object_name.as_deref(), Some("\\Device\\HarddiskVolume3\\a.txt"));
        assert_eq!((two.handle, &two.type_name), (8, &None));
    }
}

#[test]
fn misc_info_of_every_size() {
    let whole = Fields::new().u32(1364).u32(0x3f7).u32(42).u32(1000).u32(1).u32(2).u32(3000).u32(2000).u32(2500).to(44);
    let whole = whole.u32(0x2000).u32(0).u32(0).u32(2).u32((-60i32).cast_unsigned()).utf16("CET", 64).to(148);
    let whole = whole
        .utf16("CEST", 64)
        .to(228)
        .u32((-60i32).cast_unsigned())
        .utf16("19041.1 (release)", 520)
        .utf16("dbgcore.amd64", 80);
    let whole = whole.u32(528).u32(2696).u64(7).to(1360).u32(0xc00c1e).0;
    let read = |size: usize| {
        let mut builder = Builder::new();
        builder.timestamp = 1041;
        builder.stream(kind::MISC_INFO, Fields::new().bytes(&whole[..size]));
        let file = builder.build();
        let dump = clean(&file);
        assert_eq!((dump.pid(), dump.uptime()), (Some(42), Some(41)), "{size}");
        dump.misc.unwrap()
    };
    assert_eq!((read(24).kernel_time, read(24).max_mhz), (Some(2), None));
    assert_eq!((read(44).current_mhz, read(44).integrity_level), (Some(2000), None));
    let third = read(232);
    let zone = third.time_zone.unwrap();
    assert_eq!((zone.bias, zone.standard_name.as_str(), zone.daylight_name.as_str()), (-120, "CET", "CEST"));
    assert_eq!((third.integrity_level, third.build_string), (Some(0x2000), None));
    assert_eq!(read(832).build_string.as_deref(), Some("19041.1 (release)"));
    assert_eq!((read(832).debug_build_string.as_deref(), read(832).process_cookie), (Some("dbgcore.amd64"), None));
    let fifth = read(1364);
    assert_eq!((fifth.process_cookie, fifth.xstate.unwrap().enabled_features), (Some(0xc00c1e), 7));
}

#[test]
fn assertions() {
    let file = file(|b| {
        let fields = Fields::new().utf16("p != NULL", 256).utf16("f", 256).utf16("C:\\a.c", 256).u32(12).u32(1);
        b.stream(kind::ASSERTION_INFO, fields);
    });
    let assertion = clean(&file).assertion.unwrap();
    assert_eq!((assertion.expression.as_str(), assertion.function.as_str()), ("p != NULL", "f"));
    assert_eq!((assertion.file.as_str(), assertion.line, assertion.kind), ("C:\\a.c", 12, 1));
}

#[test]
fn crashpad_with_and_without_a_mask() {
    for mask in [None, Some(0xff00_0000_0000_0000u64)] {
        let file = file(|b| {
            let (name, value) = (b.utf8(b"prod"), b.utf8(b"Electron"));
            let dictionary = b.piece(&Fields::new().u32(1).u32(name).u32(value).0);
            let blob = b.utf8(&[0xff, 0x00, 0x7f]);
            let objects =
                Fields::new().u32(2).u32(name).u16(1).u16(0).u32(value).u32(name).u16(0x8001).u16(0).u32(blob);
            let objects = b.piece(&objects.0);
            let list = b.piece(&Fields::new().u32(1).u32(value).0);
            let module = Fields::new().u32(1).location(list).location((0, 0)).location(objects);
            let module = b.piece(&module.0);
            let modules = b.piece(&Fields::new().u32(1).u32(5).location(module).0);
            let info = Fields::new().u32(1).bytes(&[0; 16]).bytes(&[0x11; 16]).location(dictionary).location(modules);
            let info = if let Some(mask) = mask { info.u32(0).u64(mask) } else { info };
            b.stream(kind::CRASHPAD_INFO, info);
        });
        let dump = clean(&file);
        let crashpad = dump.crashpad.unwrap();
        assert_eq!(crashpad.report_id, None);
        assert_eq!(crashpad.client_id.as_deref(), Some("11111111-1111-1111-1111-111111111111"));
        assert_eq!(crashpad.annotations, [("prod".to_owned(), "Electron".to_owned())]);
        assert_eq!(crashpad.address_mask, mask);
        let module = &crashpad.modules[0];
        assert_eq!((module.module_index, &module.list_annotations[..]), (5, &["Electron".to_owned()][..]));
        assert_eq!(module.objects[0].text().as_deref(), Some("Electron"));
        assert_eq!((module.objects[1].text(), module.objects[1].value), (None, &[0xff, 0x00, 0x7f][..]));
    }
}

#[test]
fn crashpad_that_points_anywhere() {
    // A thousand modules that share one dictionary of a thousand entries.
    let file = file(|b| {
        let text = b.utf8(b"k");
        let mut dictionary = Fields::new().u32(1000);
        for _ in 0..1000 {
            dictionary = dictionary.u32(text).u32(text);
        }
        let dictionary = b.piece(&dictionary.0);
        let module = b.piece(&Fields::new().u32(1).location((0, 0)).location(dictionary).location((0, 0)).0);
        let mut modules = Fields::new().u32(1000);
        for i in 0..1000 {
            modules = modules.u32(i).location(module);
        }
        let modules = b.piece(&modules.0);
        b.stream(kind::CRASHPAD_INFO, Fields::new().u32(1).to(44).location(modules));
    });
    let dump = Dump::parse(&file).unwrap();
    let total: usize = dump.crashpad.unwrap().modules.iter().map(|m| m.annotations.len()).sum();
    assert!(total < 10_000, "{total}");
    assert!(dump.faults_omitted > 0);
}

#[test]
fn mac_crash_info_and_boot_args() {
    let file = file(|b| {
        let strings = b"/usr/lib/system/libsystem_c.dylib\0abort() called\0\0\0more\0";
        let record = Fields::new().u64(0x4d7a_0001).u64(5).u64(7).u64(0).u64(9).bytes(strings);
        let record = b.piece(&record.0);
        b.stream(kind::MAC_CRASH_INFO, Fields::new().u32(0x4d7a_0001).u32(1).u32(40).location(record).to(172));
        let args = b.text("-v keepsyms=1");
        b.stream(kind::MAC_BOOT_ARGS, Fields::new().u32(0x4d7a_0002).u64(args.into()));
    });
    let dump = clean(&file);
    let record = &dump.mac.crash_info[0];
    assert_eq!((record.version, record.thread, record.abort_cause), (5, Some(7), Some(9)));
    assert_eq!(record.module.as_deref(), Some("/usr/lib/system/libsystem_c.dylib"));
    assert_eq!((record.message.as_deref(), record.backtrace.as_deref()), (Some("abort() called"), None));
    assert_eq!(record.message2.as_deref(), Some("more"));
    assert_eq!(dump.mac.boot_args.as_deref(), Some("-v keepsyms=1"));
}

#[test]
fn texts_of_all_writers() {
    let file = file(|b| {
        b.stream(kind::COMMENT_A, Fields::new().bytes(b"made by hand\0junk"));
        b.stream(kind::COMMENT_W, Fields::new().utf16("weiß", 10));
        b.stream(kind::FB_JAVA_STACK, Fields::new().bytes(b"at a.b.C\xff\0"));
        b.stream(kind::MOZ_SOFT_ERRORS, Fields::new().bytes(b"[]"));
        b.stream(kind::STABILITY_REPORT, Fields::new().bytes(&[1; 99]));
    });
    let dump = clean(&file);
    assert_eq!(dump.comments, ["made by hand", "weiß"]);
    let text = &dump.texts[0];
    assert_eq!((text.name, &*text.text), ("FacebookJavaStack", "at a.b.C\u{fffd}"));
    assert_eq!(dump.soft_errors.as_deref(), Some("[]"));
    let stream = dump.streams.last().unwrap();
    assert_eq!((stream.name(), stream.size), (Some("StabilityReport"), 99));
}

#[test]
fn link_maps_and_auxiliary_vector() {
    let file = file(|b| {
        b.system(AMD64, LINUX);
        let name = b.text("/lib/ld.so");
        let (_, maps) = b.piece(&Fields::new().u64(0x1000).u32(name).u32(0).u64(0x1f00).to(48).0);
        b.stream(kind::LINUX_DSO_DEBUG, Fields::new().u32(1).u32(maps).u32(2).u32(0).u64(3).u64(4).u64(5));
        b.stream(kind::LINUX_AUXV, Fields::new().u64(6).u64(4096).u64(0).u64(0).u64(7).u64(7));
    });
    let dump = clean(&file);
    let dso = dump.linux.dso_debug.unwrap();
    assert_eq!((dso.brk, dso.ldbase, dso.dynamic), (3, 4, 5));
    assert_eq!((dso.objects[0].addr, dso.objects[0].name.as_str(), dso.objects[0].ld), (0x1000, "/lib/ld.so", 0x1f00));
    assert_eq!((dso.objects.len(), dso.objects[1].name.as_str()), (2, ""));
    assert_eq!(dump.linux.auxv, [(6, 4096)]);
}

#[test]
fn vm_counters_of_the_first_revision() {
    let file = file(|b| {
        let fields = Fields::new().u16(1).u16(0).u32(5).u64(20).u64(10).to(56).u64(30).u64(40).u64(50);
        b.stream(kind::PROCESS_VM_COUNTERS, fields);
    });
    let counters = clean(&file).vm_counters.unwrap();
    assert_eq!((counters.page_fault_count, counters.working_set_size), (5, 10));
    assert_eq!((counters.pagefile_usage, counters.private_usage, counters.virtual_size), (30, Some(50), None));
}

#[test]
fn last_errors() {
    let file = file(|b| {
        b.system(AMD64, WINDOWS);
        let block = b.piece(&Fields::new().to(0x68).u32(5).0);
        b.list(kind::MEMORY_LIST, &[Fields::new().u64(0x7000).location(block)]);
        let with = thread(1, (0, (0, 0)), (0, 0)).put(16, &0x7000u64.to_le_bytes());
        b.list(kind::THREAD_LIST, &[with, thread(2, (0, (0, 0)), (0, 0))]);
    });
    let dump = clean(&file);
    assert_eq!((dump.last_error(0), dump.last_error(1), dump.last_error(2)), (Some(5), None, None));
}
