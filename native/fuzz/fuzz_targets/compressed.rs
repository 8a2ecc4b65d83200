//! A compressed input of each format: the first byte says which, and the rest follows the bytes that it begins with.
#![no_main]

use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, container, within};

const LIMIT: Limit = Limit { base: 12 << 20, factor: 2000 };

const FORMATS: [&[u8]; 6] =
    [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], &[0xfd, b'7', b'z', b'X', b'Z', 0], b"BZh91AY&", b"PK\x03\x04", b""];

fuzz_target!(|bytes: &[u8]| {
    let Some((format, rest)) = bytes.split_first() else { return };
    let stream = [FORMATS[usize::from(*format) % FORMATS.len()], rest].concat();
    within(LIMIT, stream.len(), || container(&stream));
});
