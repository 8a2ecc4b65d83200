//! Any bytes as an input of any kind: every crash of it through to its report, a container split into its logs,
//! and a stored log with a file.
#![no_main]

use inputs::{AttachedFile, Bytes, Container, Split, SplitLimits};
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, container, within};

// A frame of a few bytes, as in `{},`, has some hundred in memory, and stands in the crash and in the report.
const LIMIT: Limit = Limit { base: 4 << 20, factor: 400 };

fuzz_target!(|bytes: &[u8]| within(LIMIT, bytes.len(), || {
    split(bytes);
    stored(bytes);
    container(bytes);
}));

fn split(bytes: &[u8]) {
    let limits = SplitLimits { logs: 16, repaired_bytes: 1 << 16, data_bytes: 1 << 10 };
    let Ok(split) = Split::new(bytes, limits) else { return };
    for index in 0..split.len() {
        let log = split.log(bytes, index).expect("a log of this index");
        assert!(log.text.len() <= 2 * bytes.len() + 4096);
    }
}

fn stored(bytes: &[u8]) {
    let (log, file) = bytes.split_at(bytes.len() / 2);
    let file = AttachedFile { data: Some(Bytes::from(file)), ..AttachedFile::default() };
    let Ok(container) = Container::of_log(log, vec![file]) else { return };
    for index in 0..container.len() {
        let _ = container.crash(index);
    }
}
