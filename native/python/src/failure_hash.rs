//! `failure_hash`: the hash of a name by itself.

use failure::hash::{Mode, failure_hash as hash};
use pyo3::prelude::*;

use crate::error::Error;

/// The hash of a failure name: `um` for user mode, `km` for kernel mode.
#[pyfunction]
#[pyo3(signature = (name, mode = "um"))]
pub(crate) fn failure_hash(name: &str, mode: &str) -> Result<String, Error> {
    let mode = match mode {
        "um" => Mode::User,
        "km" => Mode::Kernel,
        other => return Err(Error::Argument(format!("mode must be 'um' or 'km', not {other:?}"))),
    };
    Ok(hash(name, mode))
}
