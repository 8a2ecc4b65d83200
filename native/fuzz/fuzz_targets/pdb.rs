//! A PDB, converted to text and to an index: the fuzzer's bytes as a file, and as patches to good ones.
#![no_main]

use std::sync::OnceLock;

use debuginfo::formats::Given;
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::debug_file::{fixture, patched, read};
use symbolicate_fuzz::{Limit, within};

// The modules or units that are read at a time, the text, and both indexes.
const LIMIT: Limit = Limit { base: 4 << 20, factor: 64 };

fuzz_target!(|bytes: &[u8]| {
    static GOOD: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    within(LIMIT, bytes.len(), || read(bytes, &Given::from("fuzzed")));
    for good in GOOD.get_or_init(|| ["windows/x64/gauge.pdb", "windows/x86/gauge.pdb"].map(fixture)) {
        let patched = patched(good, bytes);
        within(LIMIT, patched.len(), || read(&patched, &Given::from("fuzzed")));
    }
});
