//! `ModuleKey`: identifies the symbols of a module.

use pyo3::prelude::*;

/// Identifies the symbols of a module.
#[pyclass(module = "symbolicate._native", frozen, eq, hash)]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ModuleKey {
    pub(crate) key: engine::ModuleKey,
}

#[pymethods]
impl ModuleKey {
    #[new]
    #[pyo3(signature = (debug_file, debug_id, code_file = "", code_id = ""))]
    fn new(debug_file: &str, debug_id: &str, code_file: &str, code_id: &str) -> Self {
        Self { key: engine::ModuleKey::new(debug_file, debug_id, code_file, code_id) }
    }

    #[getter]
    fn debug_file(&self) -> &str {
        &self.key.debug_file
    }

    #[getter]
    fn debug_id(&self) -> &str {
        &self.key.debug_id
    }

    #[getter]
    fn code_file(&self) -> &str {
        &self.key.code_file
    }

    #[getter]
    fn code_id(&self) -> &str {
        &self.key.code_id
    }

    fn __repr__(&self) -> String {
        format!(
            "ModuleKey({:?}, {:?}, {:?}, {:?})",
            self.key.debug_file, self.key.debug_id, self.key.code_file, self.key.code_id
        )
    }
}
