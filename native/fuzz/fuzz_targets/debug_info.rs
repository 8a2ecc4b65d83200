//! A debug file, converted to text and to an index and looked up in both: the fuzzer's bytes as a file, and as patches to
//! a good one.
#![no_main]

use std::sync::OnceLock;

use debuginfo::formats::Given;
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::debug_file::{fixture, patched, read};
use symbolicate_fuzz::{Limit, within};

// The list of units, the units that are read at a time, the text, and both indexes.
const LIMIT: Limit = Limit { base: 4 << 20, factor: 64 };

fuzz_target!(|bytes: &[u8]| {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    within(LIMIT, bytes.len(), || read(bytes, &Given::from("fuzzed")));
    let good = GOOD.get_or_init(|| fixture("apple/macos-arm64-dwarf5/gauge.dSYM/Contents/Resources/DWARF/gauge"));
    let patched = patched(good, bytes);
    within(LIMIT, patched.len(), || read(&patched, &Given::from("fuzzed")));
});
