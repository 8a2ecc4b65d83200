//! `UnwindTables`: the unwind tables of one module in one file.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use unwind_tables::Tables;

/// The unwind tables of one module in one file, mapped.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct UnwindTables {
    pub(crate) location: PathBuf,
    pub(crate) tables: Arc<Tables>,
}

#[pymethods]
impl UnwindTables {
    /// The file that has them.
    #[getter]
    fn location(&self) -> &OsStr {
        self.location.as_os_str()
    }

    /// Their usual names, in the order in which they are tried.
    #[getter]
    fn names(&self) -> Vec<&'static str> {
        self.tables.names()
    }

    fn __repr__(&self) -> String {
        format!("<UnwindTables {} {}>", self.location.display(), self.tables.names().join(" "))
    }
}
