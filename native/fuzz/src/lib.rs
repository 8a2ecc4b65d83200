//! What all targets share: the limit of memory for a unit of work, and the way of a crash to its report.
//!
//! Sanitizers find what is invalid. These targets also find what is too much: [`within`] ends the process as soon as the
//! work holds more memory than it may, at the allocation that exceeds the limit, and [`report`] checks the size of a report.
//! With `FUZZ_PEAK` set, each run prints the peak and the limit, which is how the limits were chosen.
//!
//! Small inputs have to reach limits that are far above real files, so the crates lower some of theirs under `cfg(fuzzing)`.

pub mod debug_file;
mod memory;

use engine::{Input, ModuleKey, Options, Outcome, Resolution, Session, Source};

pub use memory::{Limit, within};

/// Bytes that a report may have here.
pub const REPORT: usize = 256 << 10;
/// What it may have beyond: one entry of a list, and the parts that have a fixed size.
const BEYOND: usize = 128 << 10;
/// Crashes of a container that are looked at.
const CRASHES: usize = 16;

/// The options of every report.
#[must_use]
pub fn options() -> Options {
    Options { report_bytes: Some(REPORT), ..Options::default() }
}

/// Process until there is a report; `find` looks for the symbols of each module that needs them.
///
/// # Panics
/// The report is larger than its budget.
pub fn report<E>(
    session: &Session,
    mut process: impl FnMut() -> Result<Outcome, E>,
    find: impl Fn(&ModuleKey) -> Resolution,
) {
    loop {
        match process() {
            Ok(Outcome::Needs(keys)) => {
                for key in keys {
                    let found = find(&key);
                    session.resolve(key, found);
                }
            }
            Ok(Outcome::Report(json)) => {
                assert!(json.len() <= REPORT + BEYOND, "the report has {} bytes, and may have {REPORT}", json.len());
                return;
            }
            Err(_) => return,
        }
    }
}

/// The resolution of a module without symbols.
#[must_use]
pub fn missing(_: &ModuleKey) -> Resolution {
    Resolution::default()
}

/// Every crash of an input, through to its report without symbols.
pub fn container(bytes: &[u8]) {
    let Ok(input) = Input::open(Source::bytes_named("input", bytes)) else { return };
    let session = Session::new();
    for index in 0..input.len().min(CRASHES) {
        report(&session, || input.process(index, &session, &options()), missing);
    }
}
