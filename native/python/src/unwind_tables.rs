//! `UnwindTables`: the unwind tables of one module in one file.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use unwind_tables::Tables;

use crate::detach::detached;
use crate::error::Error;

/// The unwind tables of one module in one file, mapped.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct UnwindTables {
    pub(crate) location: PathBuf,
    pub(crate) tables: Arc<Tables>,
}

#[pymethods]
impl UnwindTables {
    /// Map a stored form by itself, whatever file it was made from.
    #[staticmethod]
    #[pyo3(signature = (path, location = None))]
    fn open(py: Python<'_>, path: PathBuf, location: Option<PathBuf>) -> Result<Self, Error> {
        let tables = detached(py, || {
            Tables::open_kept(&path).map_err(|error| Error::DebugFile {
                path: path.to_string_lossy().into_owned(),
                source: debuginfo::Error::Io(io::Error::other(error)),
            })
        });
        Ok(Self { tables: Arc::new(tables?), location: location.unwrap_or(path) })
    }

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
