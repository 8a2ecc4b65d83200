//! The stored form: what was put in comes out, and a file that is damaged or of something else is refused.
#![allow(clippy::unwrap_used)]

use symbols::index::{Bytes, Stamp};
use unwind_tables::{Builder, Error, Kind, Tables};
use vocabulary::{Arch, Os};

const SOURCE: Stamp = Stamp { size: 4711, modified: 1_700_000_000 };

fn builder() -> Builder<'static> {
    let mut builder = Builder::new(Arch::Arm, Os::Android, 0x1000);
    builder.section(Kind::Exidx, 0x400, &[1, 2, 3, 4, 5, 6, 7, 8][..]);
    builder.section(Kind::Extab, 0x500, &[9; 13][..]);
    builder.section(Kind::DebugFrame, 0, &[][..]);
    builder.function_starts([0x31, 0x20, 0x31, 1 << 40]);
    builder
}

fn open(bytes: &[u8], source: Stamp) -> Result<Tables, Error> {
    Tables::open(Bytes::Owned(bytes.to_vec()), source)
}

#[test]
fn tables_are_listed_in_their_order() {
    let tables = builder().open(SOURCE).unwrap();
    assert_eq!(tables.names(), [".ARM.exidx"]);
    assert_eq!((tables.arch(), tables.os()), (Arch::Arm, Os::Android));
    assert!(!builder().is_empty());
    assert!(Builder::new(Arch::Arm, Os::Android, 0).is_empty());
}

#[test]
fn a_file_of_another_state_or_kind_is_foreign() {
    let bytes = builder().bytes(SOURCE);
    assert!(open(&bytes, SOURCE).is_ok());
    assert!(matches!(open(&bytes, Stamp { size: 4712, ..SOURCE }), Err(Error::Foreign)));
    assert!(matches!(open(&bytes, Stamp { modified: 0, ..SOURCE }), Err(Error::Foreign)));
    assert!(matches!(open(b"MODULE Linux arm64", SOURCE), Err(Error::Foreign)));
    assert!(matches!(open(&[], SOURCE), Err(Error::Foreign)));
}

#[test]
fn a_truncated_file_and_a_damaged_head_are_refused() {
    let bytes = builder().bytes(SOURCE);
    for length in 0..bytes.len() {
        assert!(open(&bytes[..length], SOURCE).is_err(), "{length}");
    }
    // The head and three sections.
    for at in 0..64 + 3 * 32 {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert!(open(&damaged, SOURCE).is_err(), "{at}");
    }
}

#[test]
fn a_file_appears_whole() {
    let path = std::env::temp_dir().join(format!("unwind-tables-{}", std::process::id()));
    builder().create(&path, SOURCE).unwrap();
    let names = Tables::open_file(&path, SOURCE).map(|tables| tables.names());
    std::fs::remove_file(&path).unwrap();
    assert_eq!(names.unwrap(), [".ARM.exidx"]);
    assert!(builder().create(std::path::Path::new("/nowhere/at/all"), SOURCE).is_err());
}
