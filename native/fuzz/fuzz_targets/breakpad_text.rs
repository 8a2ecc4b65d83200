//! Any bytes as a Breakpad file: index them, and ask about addresses all over.
#![no_main]

use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, within};
use symbols::SymbolMap;

// The text itself, the tables of the index, and the index.
const LIMIT: Limit = Limit { base: 4 << 20, factor: 40 };

fuzz_target!(|text: &[u8]| within(LIMIT, text.len(), || ask(text)));

fn ask(text: &[u8]) {
    let index = SymbolMap::from_text(text.to_vec());
    let mut frames = Vec::new();
    for rva in (0..0x4000).step_by(0x3f).chain([u64::MAX, u64::MAX / 2]) {
        let _ = index.function_at(rva);
        let _ = index.frames_at(rva, &mut frames);
        let _ = index.cfi_at(rva);
        let _ = index.win_at(rva);
    }
    let _ = (index.diagnostics(), index.counts(), index.module());
}
