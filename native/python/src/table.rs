//! `Table` and `TableBuilder`: rows of crashes as Arrow and Parquet.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyCapsule};
use table::Builder;

use crate::detach::detached;
use crate::error::Error;

/// Rows of crashes.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Table {
    pub(crate) table: table::Table,
}

#[pymethods]
impl Table {
    fn __len__(&self) -> usize {
        self.table.len()
    }

    /// Bytes of memory.
    #[getter]
    fn nbytes(&self) -> usize {
        self.table.bytes()
    }

    /// The rows by the Arrow PyCapsule interface.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface allows a producer to ignore what is requested.
        drop(requested_schema);
        PyCapsule::new_with_value(py, self.table.stream(), c"arrow_array_stream")
    }

    /// The rows as a Parquet file.
    fn parquet<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = detached(py, || self.table.parquet().map_err(Error::Table))?;
        Ok(PyBytes::new(py, &bytes))
    }
}

/// A table that grows by a row at a time. May be used by several threads.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct TableBuilder {
    builder: Mutex<Builder>,
}

impl TableBuilder {
    fn lock(&self) -> MutexGuard<'_, Builder> {
        self.builder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl TableBuilder {
    #[new]
    fn new() -> Self {
        Self { builder: Mutex::default() }
    }

    fn __len__(&self, py: Python<'_>) -> Result<usize, Error> {
        detached(py, || Ok(self.lock().len()))
    }

    /// Add a crash by the JSON document of its report.
    fn report(&self, py: Python<'_>, source: &str, number: u32, document: PyBackedBytes) -> Result<(), Error> {
        detached(py, || self.lock().report(source, number, &document).map_err(Error::Table))
    }

    /// Add an input, or a crash of it, that could not be read.
    fn error(&self, py: Python<'_>, source: &str, kind: &str, message: &str) -> Result<(), Error> {
        detached(py, || self.lock().error(source, kind, message).map_err(Error::Table))
    }

    /// The table of all rows; the builder is empty afterwards.
    fn finish(&self, py: Python<'_>) -> Result<Table, Error> {
        let table = detached(py, || std::mem::take(&mut *self.lock()).finish().map_err(Error::Table))?;
        Ok(Table { table })
    }
}

/// Write the rows of several Parquet files into one.
#[pyfunction]
pub(crate) fn join_parquet(py: Python<'_>, parts: Vec<PathBuf>, out: PathBuf) -> Result<u64, Error> {
    detached(py, || table::join(&parts, &out).map_err(Error::Table))
}

/// The failure hashes of a table, Parquet or lines of JSON.
#[pyfunction]
pub(crate) fn failure_hashes(py: Python<'_>, path: PathBuf) -> Result<HashSet<String>, Error> {
    detached(py, || table::failure_hashes(&path).map_err(Error::Table))
}

/// Every column: path, type, meaning.
#[pyfunction]
pub(crate) fn table_columns() -> Vec<(String, &'static str, String)> {
    table::descriptions().into_iter().map(|one| (one.path, one.kind, one.meaning)).collect()
}
