//! Addresses as Python has them.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// Many addresses: a list of numbers, or an array of 64-bit ones. A list does not load numpy, which takes longer than a few answers.
pub(crate) struct Addresses(pub(crate) Vec<u64>);

impl<'py> FromPyObject<'_, 'py> for Addresses {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if given.is_instance_of::<PyList>() {
            return Ok(Self(given.extract()?));
        }
        let array: PyReadonlyArray1<'py, u64> = given.extract()?;
        // Copied, because another thread may write to the array while this one does not hold the interpreter.
        Ok(Self(array.as_array().iter().copied().collect()))
    }
}
