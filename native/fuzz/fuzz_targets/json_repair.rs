//! Any bytes as broken JSON that is repaired.
#![no_main]

use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, within};

const LIMIT: Limit = Limit { base: 64 << 10, factor: 24 };

/// Bytes that the result may have.
const MOST: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| within(LIMIT, bytes.len(), || {
    let Ok((repaired, _)) = inputs::mend_json(bytes, MOST) else { return };
    // What is repaired needs no repair.
    let (again, _) = inputs::mend_json(&repaired, MOST).expect("strict JSON");
    assert_eq!(repaired, again);
}));
