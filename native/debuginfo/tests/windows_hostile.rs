//! Damaged PDB and PE files: bytes changed, cut, streams that overlap, records that lie.
#![allow(clippy::unwrap_used)]

mod direct;

use std::path::Path;

use debuginfo::formats::recognise;
use proptest::prelude::*;
use symbols::SymbolMap;

const FILES: [&str; 8] = [
    "x64/gauge.pdb",
    "x86/gauge.pdb",
    "x64-publics/gauge.pdb",
    "x64-mingw/gauge.exe",
    "x64-mixed/gauge.exe",
    "arm64/gauge.exe",
    "../windows-msfz/x64/gauge.pdb",
    "../windows-msfz/x86/gauge.pdb",
];

fn fixture(path: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/windows");
    std::fs::read(folder.join(path)).unwrap()
}

/// Convert whatever can be converted, by both ways. Bytes written.
fn convert_all(file: &[u8]) -> usize {
    let Some(format) = recognise(file) else { return 0 };
    let mut written = 0;
    for build in format.builds(file).unwrap_or_default().list {
        let mut text = Vec::new();
        let Ok(summary) = format.text(file, &build, "gauge", &mut text) else { continue };
        let (records, same) = format.index(file, &build, "gauge").unwrap();
        assert_eq!(summary, same);
        written += text.len();
        let (text, index) = (SymbolMap::from_text(text), SymbolMap::from(records.finish()));
        assert!(text.diagnostics().iter().all(|odd| !odd.kind.is_malformed()), "{:?}", text.diagnostics());
        direct::assert_same(&text, &index, &direct::spread(&text, 100));
    }
    written
}

fn check(file: &[u8]) {
    assert!(convert_all(file) < 16 << 20);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes(which in 0usize..FILES.len(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)) {
        let mut file = fixture(FILES[which]);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        check(&file);
    }

    #[test]
    fn changed_numbers(which in 0usize..FILES.len(), changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![0u32, 1, 2, 4, 0x7f, 0xff, 0x1000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, u32::MAX])), 1..12)) {
        let mut file = fixture(FILES[which]);
        for (at, number) in changes {
            let at = at.index(file.len() / 4) * 4;
            if let Some(bytes) = file.get_mut(at..at + 4) {
                bytes.copy_from_slice(&number.to_le_bytes());
            }
        }
        check(&file);
    }

    #[test]
    fn moved_pages(which in 0usize..3, moves in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..8)) {
        let mut file = fixture(FILES[which]);
        for (from, to) in moves {
            let pages = file.len() / 4096;
            let (from, to) = (from.index(pages) * 4096, to.index(pages) * 4096);
            file.copy_within(from..from + 4096, to);
        }
        check(&file);
    }

    #[test]
    fn cut_files(which in 0usize..FILES.len(), at in any::<prop::sample::Index>()) {
        let file = fixture(FILES[which]);
        check(&file[..at.index(file.len())]);
    }
}

/// Where the directory of the streams is, if it is in one page.
fn directory(file: &[u8]) -> usize {
    let number = |at: usize| u32::from_le_bytes(*file[at..].first_chunk().unwrap()) as usize;
    number(number(52) * number(32)) * number(32)
}

#[test]
fn streams_over_the_same_pages_are_refused() {
    let mut file = fixture("x64/gauge.pdb");
    let at = directory(&file);
    let count = u32::from_le_bytes(*file[at..].first_chunk().unwrap()) as usize;
    let whole = u32::try_from(file.len()).unwrap();
    // Every stream from the sixth on states the bytes of the whole file.
    for stream in 6..count {
        file[at + 4 + stream * 4..][..4].copy_from_slice(&whole.to_le_bytes());
    }
    check(&file);
    let pages = file.clone();
    let format = recognise(&pages).unwrap();
    if let Ok(builds) = format.builds(&pages) {
        let (_, summary) = format.index(&pages, &builds.list[0], "gauge").unwrap();
        assert!(summary.excess + summary.broken > 0, "{summary:?}");
    }
}

#[test]
fn a_damaged_module_leaves_the_others() {
    let whole = fixture("x64/gauge.pdb");
    let format = recognise(&whole).unwrap();
    let build = format.builds(&whole).unwrap().list[0].clone();
    let (_, sound) = format.index(&whole, &build, "gauge").unwrap();
    // The symbols of a module begin with a version and the record of the object file's name.
    let name = whole.windows(14).position(|bytes| bytes == b"shapes.cpp.obj").unwrap();
    let start = (0..name).rev().find(|&at| whole[at..].starts_with(&[4, 0, 0, 0]) && at % 4096 == 0);
    let mut file = whole.clone();
    if let Some(start) = start {
        file[start] = 9;
    }
    let (_, summary) = format.index(&file, &build, "gauge").unwrap();
    assert!(start.is_none() || (summary.functions + summary.broken > 1 && summary.functions <= sound.functions));
    check(&file);
}
