//! Any bytes as a Breakpad file: index them, and ask about addresses all over.
#![no_main]

use libfuzzer_sys::fuzz_target;
use symbols::SymbolIndex;

fuzz_target!(|text: &[u8]| {
    let index = SymbolIndex::from_text(text.to_vec());
    let mut frames = Vec::new();
    for rva in (0..0x4000).step_by(0x3f).chain([u64::MAX, u64::MAX / 2]) {
        let _ = index.function_at(rva);
        let _ = index.frames_at(rva, &mut frames);
        let _ = index.cfi_at(rva);
        let _ = index.win_at(rva);
    }
    let _ = (index.diagnostics(), index.counts(), index.module());
});
