//! Lines of JSON: reports, and errors, which have no hash.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use super::{Fault, Hashes};
use crate::json::{Text, decode, object};

/// Bytes of a line: a report has as many as its input and some megabytes.
const LONGEST_LINE: u64 = 256 << 20;
const BUFFER: usize = 1 << 20;

object! {
    /// A line.
    Line<'a> {
        failure: Failure<'a> = "failure",
    }
}

object! {
    /// `failure`.
    Failure<'a> {
        hash: Text<'a> = "hash",
    }
}

pub(super) fn read(file: File, hashes: &mut Hashes) -> Result<(), Fault> {
    let mut reader = BufReader::with_capacity(BUFFER, file);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let length = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(Fault::Io)?;
        if length == 0 {
            break;
        }
        if u64::try_from(length).is_ok_and(|length| length >= LONGEST_LINE) {
            return Err(Fault::Content(format!("line {number} has more than {} MiB", LONGEST_LINE >> 20)));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        if !line.trim_ascii_start().starts_with(b"{") {
            return Err(Fault::Content(format!("line {number} is not a report: neither Parquet nor lines of JSON")));
        }
        let found: Line<'_> =
            decode(&line).map_err(|error| Fault::Content(format!("line {number} is not JSON: {error}")))?;
        if let Some(hash) = found.failure.hash.get() {
            hashes.add(hash.as_bytes())?;
        }
    }
    Ok(())
}
