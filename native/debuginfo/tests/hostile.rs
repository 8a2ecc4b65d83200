//! Damaged files: bytes changed, cut, moved, in headers, load commands and DWARF.
#![allow(clippy::unwrap_used)]

mod direct;

use std::path::Path;

use debuginfo::companions::Companions;
use debuginfo::macho;
use proptest::prelude::*;

fn fixture(set: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/apple").join(set);
    std::fs::read(folder.join("gauge.dSYM/Contents/Resources/DWARF/gauge")).unwrap()
}

/// Convert whatever can be converted. Bytes written.
fn convert_all(file: &[u8]) -> usize {
    let mut written = 0;
    for slice in macho::builds(file).unwrap_or_default().list {
        let Ok(image) = macho::image(file, &slice, &Companions::default()) else { continue };
        let (index, direct, summary) = direct::both(&image, "gauge");
        direct::assert_same(&index, &direct, &direct::spread(&index, 200));
        // What is written is always well-formed.
        assert!(index.diagnostics().iter().all(|odd| !odd.kind.is_malformed()), "{:?}", index.diagnostics());
        assert!(index.counts().functions <= summary.functions);
        written += index.index().text().len();
    }
    written
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes(set in 0usize..4, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)) {
        let mut file = fixture(["macos-arm64-dwarf5", "macos-x86_64-dwarf4", "ios-arm64-lto", "fat"][set]);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let written = convert_all(&file);
        prop_assert!(written < 64 << 20);
    }

    #[test]
    fn changed_numbers(at in 0usize..4096, value in prop::sample::select(vec![0u32, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff])) {
        let mut file = fixture("macos-arm64-dwarf5");
        let at = at & !3;
        file[at..at + 4].copy_from_slice(&value.to_le_bytes());
        convert_all(&file);
    }

    #[test]
    fn cut(length in any::<prop::sample::Index>(), set in 0usize..2) {
        let file = fixture(["macos-arm64-dwarf5", "fat"][set]);
        convert_all(&file[..length.index(file.len())]);
    }
}

#[test]
fn a_name_of_spaces_is_none() {
    let mut file = fixture("macos-arm64-dwarf5");
    for name in [b"\0_routine\0".as_slice(), b"\0inner\0"] {
        let Some(at) = (0..file.len() - name.len()).rfind(|&at| file[at..].starts_with(name)) else { continue };
        file[at + 1..at + name.len() - 1].fill(b'\t');
    }
    convert_all(&file);
}
