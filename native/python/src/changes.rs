//! When files changed.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use pyo3::prelude::*;

/// When a file or folder changed, in nanoseconds since 1970; 0 if it cannot be looked at. A store is looked at for each
/// report, and where there is nothing `os.stat` makes an exception.
#[pyfunction]
pub(crate) fn changed_at(path: PathBuf) -> u64 {
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    let since = modified.ok().and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
