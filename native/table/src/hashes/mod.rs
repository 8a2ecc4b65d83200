//! The failure hashes of a table that was written before, from the one column that has them.
//!
//! The file may be anything: what is read at a time is bounded, whatever it says of its sizes.

mod lines;
mod pages;

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::Error;

/// Hashes that are collected: with their strings about 100 bytes each.
const MOST_HASHES: usize = 10_000_000;
/// Bytes of a hash: a GUID has 36.
const LONGEST_HASH: usize = 64;
/// What a Parquet file begins with.
const MARK: &[u8; 4] = b"PAR1";

/// The failure hashes of a table: a Parquet file with the column `failure_hash`, or lines of reports in JSON.
///
/// # Errors
/// The file cannot be read ([`Error::Io`]), or is neither, or is damaged ([`Error::Part`]).
pub fn failure_hashes(path: &Path) -> Result<HashSet<String>, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let mut mark = Vec::with_capacity(MARK.len());
    (&mut file).take(4).read_to_end(&mut mark).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut hashes = Hashes::default();
    let read = if mark == MARK { pages::read(file, &mut hashes) } else { lines::read(file, &mut hashes) };
    read.map_err(|error| match error {
        Fault::Io(source) => failed(source),
        Fault::Content(message) => Error::Part { path: path.to_owned(), message },
    })?;
    Ok(hashes.0)
}

/// Why there are no hashes.
enum Fault {
    Io(std::io::Error),
    Content(String),
}

impl Fault {
    fn of(message: &str) -> Self {
        Self::Content(message.to_owned())
    }
}

/// What was found.
#[derive(Default)]
struct Hashes(HashSet<String>);

impl Hashes {
    /// Add a value of the column, unless it cannot be a hash.
    fn add(&mut self, value: &[u8]) -> Result<(), Fault> {
        let Ok(text) = std::str::from_utf8(value) else { return Ok(()) };
        if text.is_empty() || text.len() > LONGEST_HASH || self.0.contains(text) {
            return Ok(());
        }
        if self.0.len() >= MOST_HASHES {
            return Err(Fault::Content(format!("has more than {MOST_HASHES} failures")));
        }
        self.0.insert(text.to_owned());
        Ok(())
    }
}
