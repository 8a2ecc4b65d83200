//! Any bytes as a record of facts, or as a report: named, with reasons.
#![no_main]

use failure::record::{Naming, explained, name, write_explanation, write_failure};
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, within};

const LIMIT: Limit = Limit { base: 256 << 10, factor: 128 };
/// Bytes that the explanation of a record may have: each of its frames is in it once, in long words.
const OUTPUT: usize = 400;

fuzz_target!(|record: &[u8]| within(LIMIT, record.len(), || {
    let naming = Naming { demangle: Some(demangle::demangle), ..Naming::default() };
    let mut out = Vec::new();
    if let Ok(failure) = name(record, &naming) {
        write_failure(&failure, &mut out);
    }
    if let Ok(explanation) = explained(record, &naming) {
        write_explanation(&explanation, &mut out);
    }
    assert!(out.len() <= (64 << 10) + OUTPUT * record.len(), "{} bytes are said of {}", out.len(), record.len());
}));
