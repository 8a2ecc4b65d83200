//! A PDB, converted to text and to an index: the fuzzer's bytes as a file, and as patches to good ones.
#![no_main]

use std::sync::OnceLock;

use debuginfo::formats::recognise;
use debuginfo::limits;
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, within};
use symbols::SymbolMap;

// The modules or units that are read at a time, the text, and both indexes.
const LIMIT: Limit = Limit { base: 4 << 20, factor: 64 };

fuzz_target!(|bytes: &[u8]| {
    within(LIMIT, bytes.len(), || ask(bytes));
    for good in good() {
        let mut patched = good.clone();
        for patch in bytes.chunks_exact(4) {
            let at = usize::from(u16::from_le_bytes([patch[0], patch[1]])) << 1 | usize::from(patch[2] & 1);
            if let Some(byte) = patched.get_mut(at) {
                *byte = patch[3];
            }
        }
        within(LIMIT, patched.len(), || ask(&patched));
    }
});

fn good() -> &'static [Vec<u8>] {
    static FILES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../symbols-fixtures/windows");
        ["x64/gauge.pdb", "x86/gauge.pdb"].map(|path| std::fs::read(format!("{folder}/{path}")).unwrap_or_default()).into()
    })
}

fn ask(file: &[u8]) {
    let Some(format) = recognise(file) else { return };
    for build in format.builds(file).unwrap_or_default().list {
        let mut text = Vec::new();
        let Ok(summary) = format.text(file, &build, "fuzzed", &mut text) else { continue };
        let most = limits::text(build.size + limits::decompressed(build.size)) + 1024;
        assert!(text.len() as u64 <= most, "the text has {} bytes, and may have {most}", text.len());
        // Unwind rules are in the text alone, and bound symbols without a size.
        let rules = text.windows(11).position(|bytes| bytes == b"\nSTACK CFI ").map_or(text.len(), |at| at + 1);
        text.truncate(rules);
        let text = SymbolMap::from_text(text);
        assert!(text.diagnostics().iter().all(|diagnostic| !diagnostic.kind.is_malformed()));
        let Ok((records, same)) = format.index(file, &build, "fuzzed") else { panic!("an index, as a text") };
        assert_eq!(summary, same);
        let index = SymbolMap::from(records.finish());
        let (mut frames, mut others) = (Vec::new(), Vec::new());
        for rva in (0x1000..0x2000).step_by(0x1f) {
            text.frames_at(rva, &mut frames);
            index.frames_at(rva, &mut others);
            assert_eq!(frames, others);
        }
    }
}
