//! The hot paths, so that their instructions can be counted: `benchmarks/instructions.py` runs this under callgrind, which
//! counts what happens inside [`measured_path`].
//!
//! `hot_paths [NAME]…` runs all of them, or those named, and prints a line for each: name, times, and what one time is.
//! Each path is run twice before it is measured: symbols and caches are warm, and a function is kept decoded when it is looked up
//! the second time. All work is on this thread.

#![allow(clippy::print_stdout)]

#[path = "../../tests/support/breakpad_path.rs"]
mod breakpad_path;
mod crashes;
mod debug_files;
mod failures;
mod symbol_file;

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};

/// One path: the work of one time, after everything that it needs was prepared.
pub(crate) struct HotPath {
    name: &'static str,
    /// What is done in one time.
    unit: &'static str,
    /// Times that are measured.
    times: usize,
    /// Returns a number that depends on the answer.
    work: Box<dyn FnMut() -> usize>,
}

impl HotPath {
    fn new(name: &'static str, unit: &'static str, times: usize, work: impl FnMut() -> usize + 'static) -> Self {
        Self { name, unit, times, work: Box::new(work) }
    }
}

/// The folder of the project's fixtures.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures")
}

/// What is counted. The name is what callgrind looks for; it must remain a function of its own.
#[inline(never)]
fn measured_path(path: &mut HotPath) {
    for _ in 0..path.times {
        black_box((path.work)());
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // This thread is the only worker: counts of waiting threads would differ from run to run.
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global()?;
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut paths = crashes::paths()?;
    paths.extend(symbol_file::paths());
    paths.extend(debug_files::paths()?);
    paths.extend(failures::paths());
    for mut path in paths {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == path.name) {
            continue;
        }
        (path.work)();
        let answer = (path.work)();
        measured_path(&mut path);
        println!("{}\t{}\t{}\t{answer}", path.name, path.times, path.unit);
    }
    Ok(())
}
