//! Bytes that are wrong in any way: nothing panics, and memory and faults stay bounded.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use minidump::{Dump, kind};
use minidump_synth::{Builder, Fields};
use proptest::prelude::*;

/// Use what was read, as a report would.
fn exercise(bytes: &[u8]) {
    let Ok(dump) = Dump::parse(bytes) else { return };
    assert!(dump.faults.len() <= 100);
    assert!(dump.memory.regions().windows(2).all(|pair| pair[0].end() <= pair[1].base));
    assert!(dump.module_ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
    assert!(dump.regions.windows(2).all(|pair| pair[0].end() <= pair[1].base));
    let text: usize = dump.modules.iter().map(|m| m.name.len()).sum();
    assert!(text <= 5 * bytes.len() + (1 << 17));
    for (i, thread) in dump.threads.iter().enumerate() {
        let _ = dump.last_error(i);
        let sp = thread.context.map_or(thread.stack_start, |c| c.registers.sp());
        let _ = (dump.memory.u64_at(sp), dump.is_executable(sp), dump.module_at(sp), dump.unloaded_at(sp).count());
    }
    let _ = (dump.crashing_thread(), dump.pid(), dump.uptime(), dump.arch());
    if let Some(system) = &dump.system {
        let _ = (system.os_version(), system.cpu_info(), system.cpu_name());
    }
    let linux = &dump.linux;
    let _ = (linux.lsb(), linux.limit_list(), linux.arguments().count(), linux.environment().count());
    for module in &dump.modules {
        assert!(module.size > 0 && module.base.checked_add(module.size).is_some());
        let _ = (module.code_file_leaf(), module.debug_file_leaf());
    }
}

/// A small generator, so that a failure can be had again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }
}

/// Offsets where structure is: header, directory, streams' beginnings.
fn structure(bytes: &[u8]) -> Vec<usize> {
    let word = |at: usize| bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes(b.try_into().unwrap()) as usize);
    let directory = word(12);
    let mut places: Vec<usize> = (0..32).collect();
    for i in 0..word(8).min(100) {
        let entry = directory.saturating_add(12 * i);
        places.extend(entry..entry + 12);
        let (size, rva) = (word(entry + 4), word(entry + 8));
        places.extend((0..size.min(400)).map(|i| rva.saturating_add(i)));
    }
    places.retain(|place| *place < bytes.len());
    places
}

#[test]
fn a_thousand_mutations_of_every_dump() {
    const INTERESTING: [u32; 8] = [0, 1, 3, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, 0x1_0000];
    for (path, original) in support::dumps() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ original.len() as u64);
        let places = structure(&original);
        let mut bytes = original.clone();
        for round in 0..1000 {
            let mut undo = Vec::new();
            for _ in 0..=random.below(4) {
                let at =
                    if random.below(8) == 0 { random.below(bytes.len()) } else { places[random.below(places.len())] };
                let old = bytes[at..bytes.len().min(at + 4)].to_vec();
                let value = match random.below(3) {
                    0 => INTERESTING[random.below(8)],
                    1 => u32::try_from(random.below(bytes.len() + 64)).unwrap(),
                    _ => u32::from_le_bytes(random.next().to_le_bytes()[..4].try_into().unwrap()),
                };
                let length = if random.below(2) == 0 { 1 } else { old.len() };
                bytes[at..at + length].copy_from_slice(&value.to_le_bytes()[..length]);
                undo.push((at, old));
            }
            let cut = if round % 10 == 0 { random.below(bytes.len()) } else { bytes.len() };
            exercise(&bytes[..cut]);
            for (at, old) in undo.into_iter().rev() {
                bytes[at..at + old.len()].copy_from_slice(&old);
            }
        }
        assert!(bytes == original, "{}", path.display());
    }
}

const KINDS: &[u32] = &[
    kind::THREAD_LIST,
    kind::MODULE_LIST,
    kind::MEMORY_LIST,
    kind::EXCEPTION,
    kind::SYSTEM_INFO,
    kind::THREAD_EX_LIST,
    kind::MEMORY_64_LIST,
    kind::COMMENT_A,
    kind::COMMENT_W,
    kind::HANDLE_DATA,
    kind::UNLOADED_MODULE_LIST,
    kind::MISC_INFO,
    kind::MEMORY_INFO_LIST,
    kind::THREAD_INFO_LIST,
    kind::SYSTEM_MEMORY_INFO,
    kind::PROCESS_VM_COUNTERS,
    kind::THREAD_NAMES,
    kind::BREAKPAD_INFO,
    kind::ASSERTION_INFO,
    kind::LINUX_PROC_STATUS,
    kind::LINUX_LSB_RELEASE,
    kind::LINUX_CMD_LINE,
    kind::LINUX_ENVIRON,
    kind::LINUX_AUXV,
    kind::LINUX_MAPS,
    kind::LINUX_DSO_DEBUG,
    kind::CRASHPAD_INFO,
    kind::MAC_CRASH_INFO,
    kind::MAC_BOOT_ARGS,
    kind::MOZ_LINUX_LIMITS,
    kind::MOZ_SOFT_ERRORS,
    kind::FB_LOGCAT,
];

/// Numbers that are small, or offsets in a small file, or at the edges.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0u32..64, 4 => 0u32..2000, 1 => any::<u32>(), 1 => Just(u32::MAX)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise(&bytes);
        let mut dump = b"MDMP\x93\xa7\0\0".to_vec();
        dump.extend(&bytes);
        exercise(&dump);
    }

    #[test]
    fn arbitrary_streams(streams in prop::collection::vec((0..KINDS.len(), prop::collection::vec(word(), 0..120)), 1..8)) {
        let mut builder = Builder::new();
        builder.system(9, 0x8203);
        for (kind, words) in streams {
            let fields = words.into_iter().fold(Fields::new(), Fields::u32);
            builder.stream(KINDS[kind], fields);
        }
        exercise(&builder.build());
    }
}
