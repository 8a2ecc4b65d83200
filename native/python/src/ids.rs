//! The normaliser of debug ids, and the debug ids that follow from a code id.

use pyo3::prelude::*;
use pyo3::types::PyString;
use vocabulary::{DebugId, code_id};

/// The canonical spelling of a debug id; None of a text that is not one.
#[pyfunction]
pub(crate) fn canonical_debug_id(text: &Bound<'_, PyString>) -> Option<String> {
    // A name of a file may have bytes that are no text, which Python keeps as surrogates.
    DebugId::canonical(text.to_str().ok()?)
}

/// The debug ids that tools derive from a code id.
#[pyfunction]
pub(crate) fn debug_ids_of_code(code_id: &Bound<'_, PyString>) -> Vec<String> {
    let Ok(text) = code_id.to_str() else { return Vec::new() };
    code_id::debug_ids(text).iter().map(ToString::to_string).collect()
}
