//! Streams that no golden covers, checked against what is known of single real dumps.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use minidump::{Dump, kind};

#[test]
fn crashpad_annotations_at_both_levels() {
    let Some(bytes) = support::corpus_dump("breakpad/minidump_crashpad_annotation.dmp") else { return };
    let dump = Dump::parse(&bytes).unwrap();
    let crashpad = dump.crashpad.as_ref().unwrap();
    assert_eq!(crashpad.report_id.as_deref(), Some("725058a6-7289-480f-8a41-517bd0ba216b"));
    assert_eq!(crashpad.client_id.as_deref(), Some("051a4158-d7ae-4c3c-882e-cd6380d95137"));
    let pairs: Vec<_> = crashpad.annotations.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(pairs, [("crashpad", "yes"), ("plat", "iOS"), ("prod", "xcuitest"), ("ver", "1")]);
    let [first, second] = &crashpad.modules[..] else { panic!("{:?}", crashpad.modules) };
    assert_eq!((first.module_index, second.module_index), (1, 100));
    assert_eq!(first.objects.len(), 5);
    assert_eq!(first.objects[1].name, "exceptionName");
    assert_eq!(first.objects[1].text().as_deref(), Some("NSRangeException"));
    let counter = &first.objects[4];
    assert_eq!((counter.kind, counter.value, counter.text()), (32810, &[1, 0, 0, 0][..], None));
    assert!(second.list_annotations[0].starts_with("CoreSimulator 857.14 - Device: iPhone 14 Pro Max"));
    assert_eq!(crashpad.address_mask, None);
}

#[test]
fn an_assertion() {
    let Some(bytes) = support::corpus_dump("rust-minidump/testdata/invalid-parameter.dmp") else { return };
    let dump = Dump::parse(&bytes).unwrap();
    // The handler of a release build is told nothing but that a parameter was invalid.
    let assertion = dump.assertion.as_ref().unwrap();
    assert_eq!(assertion.kind, 1);
}

#[test]
fn windows_memory_and_names() {
    let Some(bytes) = support::corpus_dump("mozilla/minidumps/windows-x86_64.dmp") else { return };
    let dump = Dump::parse(&bytes).unwrap();
    let counters = dump.vm_counters.unwrap();
    let system = dump.system_memory.unwrap();
    assert_eq!(system.page_size, 4096);
    assert!(counters.working_set_size > 1 << 20 && counters.working_set_size <= counters.peak_working_set_size);
    assert!(counters.private_usage.unwrap() > 1 << 20);
    assert!(counters.virtual_size.unwrap() > 1 << 30);
    assert!(system.available_pages < u64::from(system.physical_pages));
    assert!(system.committed_pages <= system.commit_limit);
    assert_eq!(dump.threads[0].name.as_deref(), Some("MainThread"));
    let misc = dump.misc.as_ref().unwrap();
    assert!(misc.build_string.as_deref().unwrap().starts_with("19041."), "{:?}", misc.build_string);
    assert!(misc.integrity_level.is_some() && misc.time_zone.is_some());
    let exception = dump.exception.as_ref().unwrap();
    assert_eq!(dump.is_executable(exception.address), Some(true));
    assert_eq!(dump.is_executable(dump.threads[0].stack_start), Some(false));
}

#[test]
fn linux_files() {
    let Some(bytes) = support::corpus_dump("rust-minidump/testdata/linux-mini.dmp") else { return };
    let dump = Dump::parse(&bytes).unwrap();
    let linux = &dump.linux;
    assert_eq!(dump.pid(), Some(1304));
    assert!(linux.arguments().next().unwrap().ends_with("crash"));
    assert!(linux.environment().any(|(name, _)| name == "PATH"));
    // AT_PAGESZ.
    assert!(linux.auxv.contains(&(6, 4096)), "{:?}", linux.auxv);
    let dso = linux.dso_debug.as_ref().unwrap();
    assert_eq!(dso.version, 1);
    assert!(dso.objects.iter().any(|o| o.name.contains("ld-linux")), "{dso:?}");
    assert!(dump.soft_errors.as_ref().unwrap().contains("StopProcessFailed"));
}

#[test]
fn android_link_maps_of_32_bits() {
    let Some(bytes) = support::corpus_dump("mozilla/minidumps/android-arm.dmp") else { return };
    let dump = Dump::parse(&bytes).unwrap();
    let dso = dump.linux.dso_debug.as_ref().unwrap();
    assert_eq!(dso.objects.len(), 0x8b);
    assert!(dso.objects.iter().any(|o| o.name == "libc.so" || o.name.ends_with("/libc.so")));
}

#[test]
fn real_dumps_have_no_faults() {
    // Made by hand from another dump, or broken on purpose.
    let known = ["linux_executable_stack.dmp", "invalid-record-count.dmp", "invalid-range.dmp"];
    for (path, bytes) in support::dumps() {
        let dump = Dump::parse(&bytes).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(dump.faults.is_empty(), !known.contains(&name), "{name}: {:?}", dump.faults);
        assert!(dump.faults_omitted == 0 && dump.streams.iter().all(|s| s.kind != kind::UNUSED));
    }
}
