//! Any bytes as an input that is no minidump: every crash of it through to its report, and the same mended as JSON.
#![no_main]

use engine::{Options, Outcome, Session, Supply};
use inputs::Item;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((mended, _)) = inputs::mend_json(bytes, 1 << 20) {
        // What is mended needs no mending.
        let (again, _) = inputs::mend_json(&mended, 1 << 20).expect("strict JSON");
        assert_eq!(mended, again);
    }
    let limits = inputs::SplitLimits { logs: 16, repaired_bytes: 1 << 16, data_bytes: 1 << 10 };
    if let Ok(split) = inputs::Split::new(bytes, limits) {
        for index in 0..split.len() {
            let log = split.log(bytes, index).expect("a log of this index");
            assert!(log.text.len() <= 2 * bytes.len() + 4096);
        }
    }
    let Ok(container) = inputs::Container::open(bytes) else { return };
    let session = Session::new();
    for index in 0..container.len().min(16) {
        let Ok(Item::Delivered(crash)) = container.crash(index) else { continue };
        while let Ok(Outcome::Needs(keys)) = session.process_delivered(&crash, &Options::default()) {
            for key in keys {
                session.supply(key, Supply::Missing { tried: Vec::new() });
            }
        }
    }
});
