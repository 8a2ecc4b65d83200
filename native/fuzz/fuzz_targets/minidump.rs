//! Any bytes as a minidump, through to its report without symbols.
#![no_main]

use engine::Session;
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, missing, options, report, within};

const LIMIT: Limit = Limit { base: 3 << 20, factor: 64 };

fuzz_target!(|bytes: &[u8]| within(LIMIT, bytes.len(), || {
    let session = Session::new();
    report(&session, || session.process(bytes, &options()), missing);
}));
