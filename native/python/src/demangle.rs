//! `demangle` and `demangle_text`: readable names by themselves.

use std::borrow::Cow;

use ::demangle as demangler;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::detach::detached;
use crate::error::Error;

/// The readable form of a mangled name; a name that is not mangled, or cannot be demangled, is returned as it is.
#[pyfunction]
pub(crate) fn demangle(name: &str) -> Cow<'_, str> {
    demangler::readable(name)
}

/// A text with every mangled word in it readable. Bytes that are not UTF-8 stay as they are.
#[pyfunction]
pub(crate) fn demangle_text<'py>(py: Python<'py>, text: PyBackedBytes) -> Result<Bound<'py, PyBytes>, Error> {
    let out = detached(py, || {
        let mut out = Vec::with_capacity(text.len());
        for chunk in text.utf8_chunks() {
            out.extend_from_slice(demangler::demangle_words(chunk.valid()).as_bytes());
            out.extend_from_slice(chunk.invalid());
        }
        Ok(out)
    })?;
    Ok(PyBytes::new(py, &out))
}
