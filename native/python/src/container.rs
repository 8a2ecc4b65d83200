//! `Container`: an opened input and the crashes in it.

use std::path::PathBuf;
use std::sync::Arc;

use engine::{Input, Source};
use inputs::{AttachedFile, Bytes};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::detach::detached;
use crate::error::Error;

/// A file that belongs to a crash: id, file name, media type, number of its bytes.
pub(crate) type File = (Option<String>, Option<String>, Option<String>, Option<usize>);

/// An input of any kind, and the crashes in it. Each is decoded when it is processed.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Container {
    pub(crate) input: Arc<Input>,
}

#[pymethods]
impl Container {
    #[new]
    #[pyo3(signature = (path, data = None, files = None))]
    fn new(py: Python<'_>, path: PathBuf, data: Option<PyBackedBytes>, files: Option<Vec<File>>) -> PyResult<Self> {
        let name = path.to_string_lossy().into_owned();
        let source = source(path, data, files)?;
        let opened = detached(py, || Input::open(source).map_err(|source| Error::Input { input: name, source }))?;
        Ok(Self { input: Arc::new(opened) })
    }

    /// A file; None if it is no regular file, has no bytes or cannot be looked at.
    #[staticmethod]
    fn of_file(py: Python<'_>, path: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        // A text that the file system's encoding does not have.
        let Ok(path) = path.extract::<PathBuf>() else { return Ok(None) };
        let opened = detached(py, || {
            let named = |source| Error::Input { input: path.to_string_lossy().into_owned(), source };
            Input::open_file(&path).map_err(named)
        })?;
        Ok(opened.map(|opened| Self { input: Arc::new(opened) }))
    }

    /// How many crashes it has.
    fn __len__(&self) -> usize {
        self.input.len()
    }

    /// What it is called.
    #[getter]
    fn name(&self) -> String {
        self.input.name()
    }

    /// Bytes of it that stay in memory.
    #[getter]
    fn held(&self) -> u64 {
        self.input.held_bytes()
    }

    /// What was tolerated in it as a whole: position and sentence.
    #[getter]
    fn notes(&self) -> Vec<(String, String)> {
        self.input.notes().iter().map(|note| (note.place.clone(), note.message.clone())).collect()
    }
}

/// A file, or bytes under a name: with files, a log and the bytes of the files.
pub(crate) fn source(path: PathBuf, data: Option<PyBackedBytes>, files: Option<Vec<File>>) -> Result<Source, Error> {
    // Shared with Python: the bytes are not copied.
    Ok(match (data.map(Bytes::shared), files) {
        (Some(data), Some(files)) => {
            let (log, files) = log_with_files(&data, files)?;
            Source::log(path, log, files)
        }
        (Some(data), None) => Source::bytes_named(path, data),
        (None, _) => Source::file(path),
    })
}

/// An App Center log and the files of its crash, whose bytes follow it.
fn log_with_files(data: &Bytes, files: Vec<File>) -> Result<(Bytes, Vec<AttachedFile>), Error> {
    let size = files.iter().fold(0_usize, |sum, (.., size)| sum.saturating_add(size.unwrap_or(0)));
    let Some(log) = data.len().checked_sub(size) else {
        return Err(Error::Argument(format!("the files have {size} bytes, and all data have {}", data.len())));
    };
    let mut start = log;
    let files = files.into_iter().map(|(id, name, content_type, size)| {
        let data = size.map(|size| {
            start += size;
            data.part(start - size..start)
        });
        AttachedFile { id, name, content_type, data }
    });
    Ok((data.part(0..log), files.collect()))
}
