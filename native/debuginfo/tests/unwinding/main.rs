//! Unwind tables of whole files, against other tables of the same code and against another unwinder.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod arm;
mod fixtures;
mod framehop;
mod hostile;
#[path = "../mach_o/mod.rs"]
mod mach_o;
mod mach_o_frames;
mod mingw;
mod rows;
mod stub;

use std::path::{Path, PathBuf};

use debuginfo::formats::recognise;
use symbols::index::Stamp;
use unwind_tables::{Builder, Kind, Tables};

/// A file of the test data of other projects; `None` where that is missing.
fn corpus(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora").join(path);
    if !path.exists() {
        println!("skipped: no {}", path.display());
    }
    path.exists().then_some(path)
}

/// A file of the project's fixtures.
fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/unwind-tables");
    std::fs::read(folder.join(name)).unwrap()
}

/// A file of the fixtures of Windows.
fn windows_fixture(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/windows").join(path)).unwrap()
}

/// The stored form of the first build in a file.
fn stored(file: &[u8]) -> Vec<u8> {
    let format = recognise(file).unwrap();
    let builds = format.builds(file).unwrap().list;
    format.unwind_tables(file, &builds[0]).unwrap().unwrap().bytes(Stamp { size: 0, modified: 0 })
}

/// The unwind tables of the first build in a file.
fn tables(file: &[u8], keep: fn(Kind) -> bool) -> Tables {
    let format = recognise(file).unwrap();
    let builds = format.builds(file).unwrap().list;
    let mut builder: Builder<'_> = format.unwind_tables(file, &builds[0]).unwrap().unwrap();
    builder.retain(keep);
    builder.open(Stamp { size: 0, modified: 0 }).unwrap()
}
