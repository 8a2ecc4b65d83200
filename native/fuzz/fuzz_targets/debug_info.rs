//! A Mach-O file, thin or fat, converted and looked up in: the fuzzer's bytes as a file, and as patches to a good one.
#![no_main]

use std::sync::OnceLock;

use debuginfo::{convert, limits, macho};
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, within};
use symbols::SymbolMap;

// The list of units, the units that are read at a time, the text, and its index.
const LIMIT: Limit = Limit { base: 4 << 20, factor: 64 };

fuzz_target!(|bytes: &[u8]| {
    within(LIMIT, bytes.len(), || ask(bytes));
    let mut patched = good().to_vec();
    for patch in bytes.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([patch[0], patch[1]])) << 1 | usize::from(patch[2] & 1);
        if let Some(byte) = patched.get_mut(at) {
            *byte = patch[3];
        }
    }
    within(LIMIT, patched.len(), || ask(&patched));
});

fn good() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../symbols-fixtures/apple/macos-arm64-dwarf5");
        std::fs::read(format!("{folder}/gauge.dSYM/Contents/Resources/DWARF/gauge")).unwrap_or_default()
    })
}

fn ask(file: &[u8]) {
    for slice in macho::builds(file).unwrap_or_default().list {
        let Ok(image) = macho::image(file, &slice) else { continue };
        let mut text = Vec::new();
        if convert(&image, "fuzzed", &mut text).is_err() {
            continue;
        }
        let most = limits::text(image.bytes()) + 1024;
        assert!(text.len() as u64 <= most, "the text has {} bytes, and may have {most}", text.len());
        let index = SymbolMap::from_text(text);
        assert!(index.diagnostics().iter().all(|diagnostic| !diagnostic.kind.is_malformed()));
        let mut frames = Vec::new();
        for rva in (0..0x2000).step_by(0x1f) {
            index.frames_at(rva, &mut frames);
        }
    }
}
