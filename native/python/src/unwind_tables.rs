//! `UnwindTables`: the unwind tables, or the unwind rules as text, of one module in one file.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use engine::FileRules;
use pyo3::prelude::*;
use unwind_tables::Tables;

use crate::detach::detached;
use crate::error::Error;
use crate::symbol_file::SymbolFile;

/// The unwind tables of one module in one file, mapped.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct UnwindTables {
    pub(crate) location: PathBuf,
    pub(crate) rules: FileRules,
}

impl UnwindTables {
    pub(crate) fn new(location: PathBuf, tables: Tables) -> Self {
        Self { location, rules: FileRules::Tables(Arc::new(tables)) }
    }
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
        Ok(Self::new(location.unwrap_or(path), tables?))
    }

    /// The unwind rules in a symbol file whose symbols are not used.
    #[staticmethod]
    fn of_symbols(symbols: &SymbolFile, location: PathBuf) -> Self {
        Self { location, rules: FileRules::Records(Arc::clone(&symbols.index)) }
    }

    /// The file that has them.
    #[getter]
    fn location(&self) -> &OsStr {
        self.location.as_os_str()
    }

    /// Their usual names, in the order in which they are tried.
    #[getter]
    fn names(&self) -> Vec<&'static str> {
        self.rules.names()
    }

    fn __repr__(&self) -> String {
        format!("<UnwindTables {} {}>", self.location.display(), self.rules.names().join(" "))
    }
}
