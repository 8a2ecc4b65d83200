//! Any bytes as an input that is no minidump: every crash of it, and the same mended as JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((mended, _)) = inputs::mend_json(bytes) {
        // What is mended needs no mending.
        let (again, _) = inputs::mend_json(&mended).expect("strict JSON");
        assert_eq!(mended, again);
    }
    let Ok(container) = inputs::Container::open(bytes) else { return };
    for index in 0..container.len().min(16) {
        let _ = container.crash(index);
    }
});
