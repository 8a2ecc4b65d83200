//! Look-ups of many addresses at once; their results are flat arrays.

use std::sync::Arc;

use numpy::{IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use symbols::SymbolMap;
use symbols::lookup::{BatchFrames, NONE};

/// The frames of many addresses as flat arrays: described in `_native.pyi`.
///
/// Names stay numbers until they are requested: few of a million rows' names are read.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Lookup {
    index: Arc<SymbolMap>,
    #[pyo3(get)]
    starts: Py<PyArray1<u64>>,
    #[pyo3(get)]
    function_start: Py<PyArray1<u64>>,
    #[pyo3(get)]
    function: Py<PyArray1<u64>>,
    #[pyo3(get)]
    file: Py<PyArray1<u32>>,
    #[pyo3(get)]
    line: Py<PyArray1<u32>>,
}

impl Lookup {
    pub(crate) fn new(py: Python<'_>, index: Arc<SymbolMap>, frames: BatchFrames) -> Self {
        Self {
            index,
            starts: frames.offsets.into_pyarray(py).unbind(),
            function_start: frames.starts.into_pyarray(py).unbind(),
            function: frames.functions.into_pyarray(py).unbind(),
            file: frames.files.into_pyarray(py).unbind(),
            line: frames.lines.into_pyarray(py).unbind(),
        }
    }

    fn file_name<'py>(&self, py: Python<'py>, file: u32) -> Option<Bound<'py, PyString>> {
        if file == NONE { None } else { self.index.file_name(file).map(|name| PyString::new(py, &name)) }
    }
}

#[pymethods]
impl Lookup {
    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.starts.bind(py).len()?.saturating_sub(1))
    }

    /// The names of functions, by their numbers.
    fn function_names<'py>(
        &self,
        py: Python<'py>,
        functions: PyReadonlyArray1<'py, u64>,
    ) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, functions.as_array().iter().map(|&f| PyString::new(py, &self.index.batch_name(f))))
    }

    /// The names of files, by their numbers.
    fn file_names<'py>(&self, py: Python<'py>, files: PyReadonlyArray1<'py, u32>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, files.as_array().iter().map(|&file| self.file_name(py, file)))
    }

    /// The frames of one address: function, file, line.
    fn frames<'py>(&self, py: Python<'py>, address: usize) -> PyResult<Vec<Row<'py>>> {
        let starts = self.starts.bind(py).try_readonly()?;
        let starts = starts.as_array();
        let (Some(&first), Some(&end)) = (starts.get(address), starts.get(address.saturating_add(1))) else {
            return Err(PyIndexError::new_err(format!("no address number {address}")));
        };
        let (functions, files, lines) = (
            self.function.bind(py).try_readonly()?,
            self.file.bind(py).try_readonly()?,
            self.line.bind(py).try_readonly()?,
        );
        let (functions, files, lines) = (functions.as_array(), files.as_array(), lines.as_array());
        let row = |i: usize| {
            let (function, file, line) = (functions.get(i)?, *files.get(i)?, *lines.get(i)?);
            let name = PyString::new(py, &self.index.batch_name(*function));
            Some((name, self.file_name(py, file), Some(line).filter(|&line| line != NONE)))
        };
        // The arrays are Python's, and may have been written to.
        let end = usize::try_from(end).unwrap_or(usize::MAX).min(functions.len());
        Ok((usize::try_from(first).unwrap_or(end)..end).filter_map(row).collect())
    }
}

type Row<'py> = (Bound<'py, PyString>, Option<Bound<'py, PyString>>, Option<u32>);
