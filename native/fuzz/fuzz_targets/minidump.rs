//! Any bytes as a minidump, through to its report without symbols.
#![no_main]

use engine::{Options, Outcome, Session, Supply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let session = Session::new();
    while let Ok(Outcome::Needs(keys)) = session.process(bytes, &Options::default()) {
        for key in keys {
            session.supply(key, Supply::Missing { tried: Vec::new() });
        }
    }
});
