//! Look-ups of many addresses at once; their results are flat arrays.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use numpy::{Element, PyArray1, PyReadonlyArray1, ToPyArray};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString};
use symbols::SymbolMap;
use symbols::lookup::{BatchFrames, NONE};

use crate::json_frames::{Style, json_frames};

/// The frames of many addresses as flat arrays: described in `_native.pyi`.
///
/// Names stay numbers until they are requested: few of a million rows' names are read. So do arrays: a caller that looks up one
/// address needs none.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Lookup {
    index: Arc<SymbolMap>,
    frames: BatchFrames,
    starts: Array<u64>,
    function_start: Array<u64>,
    function: Array<u64>,
    file: Array<u32>,
    line: Array<u32>,
}

/// An array, once it was requested.
type Array<T> = PyOnceLock<Py<PyArray1<T>>>;

impl Lookup {
    pub(crate) fn new(index: Arc<SymbolMap>, frames: BatchFrames) -> Self {
        Self {
            index,
            frames,
            starts: Array::new(),
            function_start: Array::new(),
            function: Array::new(),
            file: Array::new(),
            line: Array::new(),
        }
    }

    fn file_name<'py>(&self, py: Python<'py>, file: u32) -> Option<Bound<'py, PyString>> {
        if file == NONE { None } else { self.index.file_name(file).map(|name| PyString::new(py, &name)) }
    }
}

fn array<T: Element>(py: Python<'_>, array: &Array<T>, values: &[T]) -> Py<PyArray1<T>> {
    array.get_or_init(py, || values.to_pyarray(py).unbind()).clone_ref(py)
}

#[pymethods]
impl Lookup {
    #[getter]
    fn starts(&self, py: Python<'_>) -> Py<PyArray1<u64>> {
        array(py, &self.starts, &self.frames.offsets)
    }

    #[getter]
    fn function_start(&self, py: Python<'_>) -> Py<PyArray1<u64>> {
        array(py, &self.function_start, &self.frames.starts)
    }

    #[getter]
    fn function(&self, py: Python<'_>) -> Py<PyArray1<u64>> {
        array(py, &self.function, &self.frames.functions)
    }

    #[getter]
    fn file(&self, py: Python<'_>) -> Py<PyArray1<u32>> {
        array(py, &self.file, &self.frames.files)
    }

    #[getter]
    fn line(&self, py: Python<'_>) -> Py<PyArray1<u32>> {
        array(py, &self.line, &self.frames.lines)
    }

    fn __len__(&self) -> usize {
        self.frames.starts.len()
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
        let BatchFrames { offsets, functions, files, lines, .. } = &self.frames;
        let (Some(&first), Some(&end)) = (offsets.get(address), offsets.get(address.saturating_add(1))) else {
            return Err(PyIndexError::new_err(format!("no address number {address}")));
        };
        let row = |i: usize| {
            let (function, file, line) = (functions.get(i)?, *files.get(i)?, *lines.get(i)?);
            let name = PyString::new(py, &self.index.batch_name(*function));
            Some((name, self.file_name(py, file), Some(line).filter(|&line| line != NONE)))
        };
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        Ok((place(first)..place(end).min(functions.len())).filter_map(row).collect())
    }

    /// Where the rows of each address begin, and the first address of the function of each, as lists.
    fn lists(&self) -> (Vec<u64>, Vec<Option<u64>>) {
        let starts = self.frames.starts.iter().map(|&start| Some(start).filter(|&start| start != u64::MAX));
        (self.frames.offsets.clone(), starts.collect())
    }

    /// For each address the JSON objects of its frames; `name` gives the text of a function's name.
    fn json_frames(
        &self,
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        basenames: bool,
        inlines: bool,
    ) -> PyResult<Vec<String>> {
        let style = Style { basenames, inlines };
        let named = |function| {
            let known = PyString::new(py, &self.index.batch_name(function));
            name.call1((known,))?.extract()
        };
        json_frames(&self.frames, &style, named, |file| self.index.file_name(file).map(Cow::into_owned))
    }

    /// For each row which of the frames it is, and the frames, each once: many addresses have frames in common.
    fn distinct_frames<'py>(&self, py: Python<'py>) -> (Vec<usize>, Vec<Row<'py>>) {
        let BatchFrames { functions, files: file_ids, lines, .. } = &self.frames;
        let (mut frames, mut known) = (Vec::new(), HashMap::new());
        let which = functions.iter().zip(file_ids).zip(lines).map(|((&function, &file), &line)| {
            *known.entry((function, file, line)).or_insert_with(|| {
                frames.push((function, file, line));
                frames.len() - 1
            })
        });
        let which = which.collect();
        let (mut names, mut files) = (HashMap::new(), HashMap::new());
        let rows = frames.into_iter().map(|(function, file, line)| {
            let name = names.entry(function).or_insert_with(|| PyString::new(py, &self.index.batch_name(function)));
            let path = files.entry(file).or_insert_with(|| self.file_name(py, file));
            (name.clone(), path.clone(), Some(line).filter(|&line| line != NONE && line != 0))
        });
        (which, rows.collect())
    }
}

type Row<'py> = (Bound<'py, PyString>, Option<Bound<'py, PyString>>, Option<u32>);
