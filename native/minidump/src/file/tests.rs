#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

/// A file that is removed with this value.
struct Temporary(PathBuf);

impl Temporary {
    fn with(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("dump-file-{}-{name}", std::process::id()));
        File::create(&path).unwrap().write_all(bytes).unwrap();
        Self(path)
    }

    fn open(&self) -> DumpFile {
        DumpFile::new(File::open(&self.0).unwrap()).unwrap()
    }

    fn truncate(&self, len: u64) {
        File::options().write(true).open(&self.0).unwrap().set_len(len).unwrap();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[test]
fn a_file_of_gigabytes_costs_what_is_read_of_it() {
    let file = Temporary::with("sparse", b"MDMP");
    file.truncate(8 << 30);
    let dump = file.open();
    assert_eq!((dump.len(), dump.get(0, 4)), (8 << 30, Some(&b"MDMP"[..])));
    assert_eq!(dump.get((8 << 30) - 8, 8 << 30), Some(&[0; 8][..]));
    assert_eq!(dump.bytes_read(), 2 * BLOCK);
}

#[test]
fn what_was_read_stays_when_the_file_is_truncated_and_the_rest_is_an_error() {
    let bytes = content(5 * BLOCK + 7);
    let file = Temporary::with("truncated", &bytes);
    let dump = file.open();
    assert_eq!(dump.get(100, 200), bytes.get(100..200));
    assert!(dump.failure().is_none());
    file.truncate(10);
    assert_eq!(dump.get(100, 200), bytes.get(100..200));
    assert_eq!(dump.get(3 * BLOCK, 3 * BLOCK + 1), None);
    assert_eq!(dump.failure().unwrap().to_string(), "was truncated while it was read");
    // Half an answer would look like a whole one.
    assert_eq!(dump.get(2 * BLOCK, 2 * BLOCK + 1), None);
    assert_eq!(dump.get(100, 200), bytes.get(100..200));
}

#[test]
fn an_empty_file_has_no_bytes() {
    let file = Temporary::with("empty", b"");
    let dump = file.open();
    assert_eq!((dump.get(0, 0), dump.get(0, 1)), (Some(&[][..]), None));
}

#[test]
fn threads_read_one_file() {
    let bytes = content(64 * BLOCK);
    let file = Temporary::with("threads", &bytes);
    let dump = file.open();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (dump, bytes) = (&dump, &bytes);
            scope.spawn(move || {
                for step in 0..500 {
                    let start = (step * 7919 + thread * 104_729) % (bytes.len() - 40_000);
                    assert_eq!(dump.get(start, start + 40_000), bytes.get(start..start + 40_000));
                }
            });
        }
    });
    assert!(dump.failure().is_none());
}

proptest! {
    #[test]
    fn any_ranges_are_those_of_the_file(ranges in prop::collection::vec((0usize..200_000, 0usize..50_000), 1..20)) {
        let bytes = content(150_001);
        let file = Temporary::with("ranges", &bytes);
        let dump = file.open();
        for (start, len) in ranges {
            prop_assert_eq!(dump.get(start, start + len), bytes.get(start..start + len));
        }
    }
}
