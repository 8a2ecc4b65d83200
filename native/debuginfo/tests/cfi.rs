//! `STACK CFI` text: it says what the unwind tables say, and what dump_syms makes of the same files.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use debuginfo::formats;
use symbols::SymbolMap;
use symbols::index::Stamp;
use unwind::{Breakpad, UnwindRules as _, UnwindSource, UnwindState, Unwound};
use vocabulary::{Arch, Reg, Registers};

/// A frame in a memory that holds something different everywhere, and whether it may be at any instruction.
struct Frame(Registers, bool);

impl Frame {
    fn new(arch: Arch, pc: u64) -> Self {
        let mut registers = Registers::new(arch);
        for register in 0..33 {
            registers.set(register, 0x7ff0_0000 + u64::from(register) * 0x1_0000);
        }
        registers.set(arch.pc(), pc);
        registers.set(arch.sp(), 0x7ffe_1000);
        Self(registers, false)
    }
}

impl UnwindState for Frame {
    fn registers(&self) -> &Registers {
        &self.0
    }
    fn word(&self, address: u64) -> Option<u64> {
        Some(address.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) & 0x7fff_ffff_fff8 & self.0.arch.word_mask())
    }
    fn bytes(&self, address: u64, length: usize) -> Option<&[u8]> {
        // For the few expressions that read memory.
        let word = self.word(address)?.to_le_bytes();
        Some(Box::leak(Box::<[u8]>::from(word.get(..length)?)))
    }
    fn is_exact(&self) -> bool {
        self.1
    }
    fn preserved(&self) -> &'static [Reg] {
        match self.0.arch {
            Arch::X86 => &[3, 5, 6, 7],
            Arch::Amd64 => &[3, 6, 12, 13, 14, 15],
            Arch::Arm => &[4, 5, 6, 7, 8, 9, 10, 11],
            _ => &[19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
        }
    }
    fn callee_parameters(&self) -> u32 {
        0
    }
    fn may_be_return_address(&self, _: u64) -> bool {
        true
    }
}

fn caller(source: &impl UnwindSource, arch: Arch, rva: u64) -> Option<Unwound> {
    let unwound = source.rules_at(arch, rva).map(|rules| rules.apply(&Frame::new(arch, rva)));
    unwound.map(|unwound| match unwound {
        Unwound::Caller(caller) => Unwound::Caller(known(&caller)),
        other => other,
    })
}

/// Without what is left of registers that are unknown.
fn known(registers: &Registers) -> Registers {
    let mut known = Registers::new(registers.arch);
    for register in 0..33 {
        if let Some(value) = registers.get(register) {
            known.set(register, value);
        }
    }
    known
}

/// A path below the corpora, if they are there.
fn corpus(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora").join(path);
    if !path.exists() {
        eprintln!("skipped: {}", path.display());
        return None;
    }
    Some(path)
}

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures").join(path)
}

/// The text of the first build in a file, its tables and its architecture.
fn read(path: &Path) -> (Vec<u8>, Option<unwind_tables::Tables>, Arch) {
    let file = std::fs::read(path).unwrap();
    let format = formats::recognise(&file).unwrap();
    let build = format.builds(&file).unwrap().list.remove(0);
    let mut text = Vec::new();
    format.text(&file, &build, "file", &mut text).unwrap();
    let builder = format.unwind_tables(&file, &build).unwrap();
    let tables = builder.map(|builder| builder.open(Stamp { size: 1, modified: 0 }).unwrap());
    let arch = match build.arch {
        "x86" => Arch::X86,
        "x86_64" => Arch::Amd64,
        "arm64" => Arch::Arm64,
        _ => Arch::Arm,
    };
    (text, tables, arch)
}

/// Every address where the rules of a text change, and the last one of each function.
fn boundaries(text: &[u8]) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    for line in String::from_utf8_lossy(text).lines() {
        let hex = |field: &str| u64::from_str_radix(field, 16).unwrap();
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["STACK", "CFI", "INIT", address, size, ..] => {
                let (address, size) = (hex(address), hex(size));
                found.extend([address, address + size / 2, address + size - 1, address + size]);
            }
            ["STACK", "CFI", address, ..] => {
                found.extend([hex(address).saturating_sub(1), hex(address)]);
            }
            _ => {}
        }
    }
    found
}

fn cfi(text: &[u8]) -> Breakpad {
    let [_, cfi] = Breakpad::of(&Arc::new(SymbolMap::from_text(text.to_vec())));
    cfi
}

/// What a frame's registers and the text come to, beside the tables themselves. Rules that count as a difference are returned.
fn differences(path: &Path) -> (usize, Vec<String>) {
    let (text, tables, arch) = read(path);
    let tables = tables.unwrap_or_else(|| panic!("{}", path.display()));
    let by_text = cfi(&text);
    let all = boundaries(&text);
    let mut different = Vec::new();
    for &rva in &all {
        // Codes of prologues state where the next instruction is, and a call is looked up before it.
        let (ours, theirs) = (caller(&by_text, arch, rva), caller(&tables, arch, rva));
        let same = match (&ours, &theirs) {
            // A text cannot mark a signal frame.
            (Some(Unwound::Caller(ours)), Some(Unwound::Interrupted(theirs))) => ours.pc() == theirs.pc(),
            // Of a register that a function may change, and that it has not stored any more, a text says where it is, again.
            (Some(Unwound::Caller(ours)), Some(Unwound::Caller(theirs))) => {
                (0..33).all(|register| theirs.get(register).is_none_or(|value| ours.get(register) == Some(value)))
            }
            // Rules that cannot be written are left out.
            (None, Some(_)) => true,
            _ => ours == theirs,
        };
        if !same {
            different.push(format!("{rva:x}: {ours:x?} {theirs:x?}"));
        }
    }
    (all.len(), different)
}

#[test]
fn the_text_says_what_the_tables_say() {
    let mut count = 0;
    let names = [
        "live/binaries/crash.x86_64",
        "live/binaries/crash.aarch64-linux-gnu",
        "live/binaries/crash.i686-linux-gnu",
        "live/binaries/crash.arm-linux-gnueabihf",
        "debug-files/samply/android32-local/libsoftokn3.so",
        "debug-files/samply/macos-ci/libmozglue.dylib",
        "debug-files/samply/macos-ci/firefox",
    ];
    let corpora = names.into_iter().filter_map(corpus);
    let own = ["apple/images/macos-arm64-dwarf5/gauge", "apple/images/macos-x86_64-dwarf4/gauge"].map(fixture);
    for path in corpora.chain(own) {
        let (compared, different) = differences(&path);
        assert!(
            different.is_empty(),
            "{}: {} of {compared}: {:#?}",
            path.display(),
            different.len(),
            &different[..different.len().min(3)]
        );
        count += compared;
    }
    assert!(count > 50, "{count}");
}

/// Compare with dump_syms' text of the same file. It has some rules wrong, and cannot express others.
fn beside_dump_syms(binary: &str, golden: &str) -> Option<(usize, usize)> {
    let (binary, folder) = (corpus(binary)?, corpus(golden)?);
    let golden = std::fs::read(folder).unwrap();
    let (text, _, arch) = read(&binary);
    let (ours, theirs) = (cfi(&text), cfi(&golden));
    let all: BTreeSet<u64> = boundaries(&text).into_iter().chain(boundaries(&golden)).collect();
    let mut explained = 0;
    for &rva in &all {
        let (our, their) = (caller(&ours, arch, rva), caller(&theirs, arch, rva));
        if our == their {
            continue;
        }
        explained += 1;
        match (&our, &their) {
            // It writes the return address as `.ra: .ra` where that is in lr again, which no reader can compute; and it has no
            // rules from `.ARM.exidx`.
            (Some(Unwound::Caller(_)), Some(Unwound::Failed) | None) => {}
            // It leaves out that a return address is undefined.
            (Some(Unwound::Root), Some(Unwound::Caller(_))) => {}
            // It leaves out expressions: `main` of 32-bit x86 with an aligned stack keeps the rules before.
            (Some(Unwound::Caller(_)), Some(Unwound::Caller(_))) if arch == Arch::X86 => {}
            _ => panic!("{}: {rva:x}: {our:x?} {their:x?}", binary.display()),
        }
    }
    Some((all.len(), explained))
}

/// The addresses that a text names, and those of them where an exact frame's caller is another by the tables.
fn exact_differences(path: &Path) -> (usize, Vec<String>) {
    let (text, tables, arch) = read(path);
    let (by_text, tables) = (cfi(&text), tables.unwrap());
    let mut count = 0;
    let mut different = Vec::new();
    for line in String::from_utf8_lossy(&text).lines().filter_map(|line| line.strip_prefix("STACK CFI ")) {
        let address = line.strip_prefix("INIT ").unwrap_or(line).split(' ').next().unwrap();
        let rva = u64::from_str_radix(address, 16).unwrap();
        let mut frame = Frame::new(arch, rva);
        frame.1 = true;
        let apply = |unwound: Option<Unwound>| match unwound {
            Some(Unwound::Caller(caller)) => Some(known(&caller)),
            _ => None,
        };
        let ours = apply(by_text.rules_at(arch, rva).map(|rules| rules.apply(&frame)));
        let theirs = apply(tables.rules_at(arch, rva).map(|rules| rules.apply(&frame)));
        count += 1;
        if ours != theirs {
            different.push(format!("{rva:x}: {ours:x?} {theirs:x?}"));
        }
    }
    (count, different)
}

#[test]
fn the_text_of_pe_files_holds_in_prologues() {
    let names = [
        "debug-files/samply/win64-ci/mozglue.dll",
        "debug-files/samply/win64-ci/softokn3.dll",
        "debug-files/dump_syms/windows/mozwer.dll",
        "debug-files/dump_syms/windows/basic64.dll",
    ];
    let own = ["images/windows-x64/core.exe", "images/windows-arm64/core.exe"].map(fixture);
    let mut total = 0;
    for path in names.into_iter().filter_map(corpus).chain(own) {
        let (count, different) = exact_differences(&path);
        // Where an early return lies in a prologue, only its code says so.
        assert!(
            different.len() * 1000 <= count,
            "{}: {} of {count}: {:#?}",
            path.display(),
            different.len(),
            different.first()
        );
        total += count;
    }
    assert!(total > 20, "{total}");
}

/// dump_syms states the rules of the body for the whole of a function, or from its beginning on, and leaves out functions with a
/// frame register and parts of functions.
#[test]
fn bodies_of_pe_files_are_those_of_dump_syms() {
    for name in ["mozwer", "basic64"] {
        let folder = "debug-files/dump_syms/windows";
        let found = (corpus(&format!("{folder}/{name}.dll")), corpus(&format!("{folder}/{name}.sym")));
        let (Some(binary), Some(golden)) = found else { return };
        let golden = std::fs::read(golden).unwrap();
        let (text, _, arch) = read(&binary);
        let (ours, theirs) = (cfi(&text), cfi(&golden));
        let (mut same, mut other, mut only_theirs) = (0, 0, Vec::new());
        for line in String::from_utf8_lossy(&golden).lines().filter_map(|line| line.strip_prefix("STACK CFI INIT ")) {
            let mut fields = line.split(' ').map(|field| u64::from_str_radix(field, 16).unwrap_or(0));
            let (begin, size) = (fields.next().unwrap(), fields.next().unwrap());
            let rva = begin + size - 1;
            match (caller(&ours, arch, rva), caller(&theirs, arch, rva)) {
                (Some(Unwound::Caller(our)), Some(Unwound::Caller(their)))
                    if our.pc() == their.pc() && our.sp() == their.sp() =>
                {
                    same += 1;
                }
                (None, Some(_)) => only_theirs.push(rva),
                // Functions with a frame register, and one with an early return.
                _ => other += 1,
            }
        }
        assert!(only_theirs.is_empty(), "{name}: {only_theirs:x?}");
        assert!(same > 100 && other * 20 < same, "{name}: {same} {other}");
    }
}

#[test]
fn rules_are_those_of_dump_syms() {
    let names = [
        ("crash.x86_64", "751BAB07A464EAFAAE21273445505A880", 16),
        ("crash.aarch64-linux-gnu", "1F800F851B9E21072EFD7F909DCE42780", 4000),
        ("crash.i686-linux-gnu", "F676AF2E74F2E7884749728B751E83AF0", 80),
        ("crash.arm-linux-gnueabihf", "8386D6934305C40F9A18108F24C8AEFB0", 2000),
    ];
    for (name, id, most) in names {
        let found = beside_dump_syms(&format!("live/binaries/{name}"), &format!("live/symbols/{name}/{id}/{name}.sym"));
        let Some((all, explained)) = found else { return };
        assert!(explained <= most && all > 100, "{name}: {explained} of {all}");
    }
}
