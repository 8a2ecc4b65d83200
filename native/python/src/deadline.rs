//! Seconds, as Python counts time, as deadlines.

use std::time::Duration;

use debuginfo::Deadline;

/// So many seconds from now; `None`: without end.
pub(crate) fn in_seconds(seconds: Option<f64>) -> Deadline {
    // A time that cannot be represented never comes.
    let time = seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
    time.map(Deadline::after).unwrap_or_default()
}
