//! Damaged tables: bytes changed anywhere in `.pdata`, what it leads to, `__unwind_info` and frames. Nothing panics, and all of it ends.
#![allow(clippy::unwrap_used)]

mod machine;

use std::path::Path;

use machine::{Frame, SOURCE, caller};
use object::{Object as _, ObjectSection as _};
use proptest::prelude::*;
use unwind::{UnwindRules as _, UnwindSource as _};
use unwind_tables::{Builder, Kind, cfi};
use vocabulary::{Arch, Os};

type Sections = Vec<(Kind, u64, Vec<u8>)>;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/images").join(name)).unwrap()
}

const FILES: [(&str, Arch); 5] = [
    ("windows-x64/core.exe", Arch::Amd64),
    ("windows-arm64/core.exe", Arch::Arm64),
    ("macos-arm64/core", Arch::Arm64),
    ("macos-x86_64/core", Arch::Amd64),
    ("ios-arm64/core", Arch::Arm64),
];

fn sections(file: &[u8]) -> Sections {
    let object = object::File::parse(file).unwrap();
    let base = object.relative_address_base();
    let kind = |name: &str| match name {
        ".pdata" => Some(Kind::Pdata),
        "__unwind_info" => Some(Kind::UnwindInfo),
        ".rdata" | ".xdata" => Some(Kind::Data),
        ".text" | "__text" => Some(Kind::Code),
        _ => None,
    };
    let found = object.sections().filter_map(|section| {
        Some((kind(section.name().ok()?)?, section.address() - base, section.data().ok()?.to_vec()))
    });
    found.collect()
}

/// Every address of the code, and all text.
fn use_all(arch: Arch, sections: &Sections) {
    let mut builder = Builder::new(arch, Os::Windows, 0x1000);
    for (kind, rva, bytes) in sections {
        builder.section(*kind, *rva, bytes.clone());
    }
    let tables = builder.open(SOURCE).unwrap();
    let code = sections.iter().filter(|(kind, ..)| *kind == Kind::Code);
    for rva in
        code.flat_map(|(_, rva, bytes)| *rva..*rva + bytes.len() as u64).chain([0, 1, u64::from(u32::MAX), u64::MAX])
    {
        for is_exact in [true, false] {
            if rva > 4 {
                let _ = caller(&tables, rva, &Frame::new(arch, rva, is_exact));
            }
        }
    }
    let text = cfi::text(&tables, 1 << 20);
    assert!(text.len() <= 1 << 20);
}

#[test]
fn tables_are_there() {
    for (name, arch) in FILES {
        let sections = sections(&fixture(name));
        assert!(sections.iter().any(|(kind, ..)| matches!(kind, Kind::Pdata | Kind::UnwindInfo)), "{name}");
        use_all(arch, &sections);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes(
        which in 0..FILES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..30),
        length in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (name, arch) = FILES[which];
        let mut sections = sections(&fixture(name));
        for (section, at, byte) in changes {
            let section = section.index(sections.len());
            let bytes = &mut sections[section].2;
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(length) = length {
            let bytes = &mut sections[0].2;
            bytes.truncate(length.index(bytes.len()));
        }
        use_all(arch, &sections);
    }

    #[test]
    fn any_bytes(
        arch in prop::sample::select(vec![Arch::Amd64, Arch::Arm64]),
        table in prop::sample::select(vec![Kind::Pdata, Kind::UnwindInfo]),
        first in prop::collection::vec(any::<u8>(), 0..400),
        other in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        use_all(arch, &vec![(table, 0x10, first.clone()), (Kind::Data, 0, first), (Kind::Code, 0x400, other)]);
    }
}

/// `.eh_frame` at 0x1000 with an entry for 16 bytes at 0x2000: what its common part and it have as programs.
fn frames(common: &[u8], program: &[u8]) -> Vec<u8> {
    let entry = |body: &[u8]| {
        let mut body = body.to_vec();
        body.resize((body.len() + 4).next_multiple_of(8) - 4, 0);
        [&u32::try_from(body.len()).unwrap().to_le_bytes(), body.as_slice()].concat()
    };
    let mut bytes = entry(&[&[0, 0, 0, 0, 1], b"zR\0".as_slice(), &[1, 0x78, 16, 1, 0x1b], common].concat());
    let at = u32::try_from(bytes.len()).unwrap();
    let words = [at + 4, 0x2000u32.wrapping_sub(0x1000 + at + 8), 16].map(u32::to_le_bytes).concat();
    bytes.extend(entry(&[&words, [0].as_slice(), program].concat()));
    bytes.extend([0; 4]);
    bytes
}

fn text_of_frames(bytes: Vec<u8>) -> String {
    let mut builder = Builder::new(Arch::Amd64, Os::Linux, 0);
    builder.eh_frame(0x1000, bytes, None);
    String::from_utf8(cfi::text(&builder.open(SOURCE).unwrap(), 1 << 20)).unwrap()
}

#[test]
fn rows_past_the_end_of_a_function_are_left_out() {
    // The frame address is rsp + 8, the return address is before it.
    let common = [0x0c, 7, 8, 0x90, 1];
    let whole = text_of_frames(frames(&common, &[]));
    assert_eq!(whole, "STACK CFI INIT 2000 10 .cfa: $rsp 8 + .ra: .cfa -8 + ^\n");
    // 127 bytes on, which is past the end, another offset.
    assert_eq!(text_of_frames(frames(&common, &[0x02, 0x7f, 0x0e, 16])), whole);
    // The same after a row that cannot be written: register 99.
    assert_eq!(text_of_frames(frames(&common, &[0x0c, 99, 8, 0x02, 0x7f, 0x0c, 7, 8])), "");
}

#[test]
fn a_common_part_without_end_is_refused() {
    let common = |length: usize| [[0x0c, 7, 8, 0x90, 1].as_slice(), &vec![0; length]].concat();
    assert_ne!(text_of_frames(frames(&common(2000), &[])), "");
    assert_eq!(text_of_frames(frames(&common(8000), &[])), "");
}

/// Thumb code that moves the stack pointer by the most negative number, found by the fuzz target: the distance has no absolute value.
#[test]
fn a_stack_pointer_moved_by_the_most_negative_number() {
    let bytes: [u8; 55] = [
        0x6a, 0x40, 0x20, 0x9f, 0xe1, 0x00, 0xc6, 0xdf, 0xff, 0xff, 0x00, 0x00, 0x01, 0xe4, 0x1f, 0x20, 0x03, 0x00,
        0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x28, 0x01, 0x01, 0x12, 0x00, 0x03, 0x40,
        0x02, 0x01, 0x9d, 0x72, 0x66, 0x32, 0x01, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x40, 0x00, 0xa2, 0x01,
        0x66,
    ];
    let (table, rest) = bytes.split_at(18);
    let (data, code) = rest.split_at(18);
    let mut builder = Builder::new(Arch::Arm, Os::Windows, 0);
    builder.section(Kind::Exidx, 0x2_0000, table.to_vec());
    builder.section(Kind::Extab, 0x1_0000, data.to_vec());
    builder.section(Kind::Code, 0x2000, code.to_vec());
    builder.function_starts([0x2001, 0x2100, 0x2201]);
    let tables = builder.open(SOURCE).unwrap();
    for rva in (0..256).map(|step| 0x2000 + step * 7) {
        for is_exact in [true, false] {
            for rules in tables.rules_at(Arch::Arm, rva).into_iter().chain(tables.code_at(Arch::Arm, rva)) {
                let _ = rules.apply(&Frame::new(Arch::Arm, rva, is_exact));
            }
        }
    }
    assert!(cfi::text(&tables, 1 << 16).len() <= 1 << 16);
}
