//! Archives that Python does not read: cabinets and streams of zstd; and small texts compressed together.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use symbols::regular_file;

use crate::detach::detached;
use crate::error::Error;

/// An opened cabinet.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Cabinet {
    path: PathBuf,
    cabinet: Mutex<::archives::Cabinet<BufReader<File>>>,
}

#[pymethods]
impl Cabinet {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> Result<Self, Error> {
        let opened = detached(py, || {
            let opened = regular_file::open(&path).and_then(|file| ::archives::Cabinet::open(BufReader::new(file)));
            opened.map_err(|source| failed(&path, source))
        });
        Ok(Self { cabinet: Mutex::new(opened?), path })
    }

    /// The name and the size of each file in it.
    fn members(&self) -> Vec<(String, u64)> {
        let cabinet = self.cabinet.lock().unwrap_or_else(PoisonError::into_inner);
        cabinet.members().into_iter().map(|member| (member.name, member.size)).collect()
    }

    /// Write a file's bytes to a path, at most `limit`; returns their number.
    fn extract(&self, py: Python<'_>, name: &str, target: PathBuf, limit: u64) -> Result<u64, Error> {
        detached(py, || {
            let mut cabinet = self.cabinet.lock().unwrap_or_else(PoisonError::into_inner);
            let written = to_file(&target, |out| cabinet.extract(name, out, limit));
            written.map_err(|source| failed(&self.path, source))
        })
    }
}

/// Decompress a file to a path, at most `limit` bytes; returns their number.
#[pyfunction]
pub(crate) fn decompress_zstd(py: Python<'_>, source: PathBuf, target: PathBuf, limit: u64) -> Result<u64, Error> {
    detached(py, || {
        let written = regular_file::open(&source).and_then(|file| {
            to_file(&target, |out| ::archives::decompress_zstd(BufReader::with_capacity(1 << 20, file), out, limit))
        });
        written.map_err(|error| failed(&source, error))
    })
}

/// Compress each of many small texts into a stream of zlib of its own.
#[pyfunction]
pub(crate) fn deflate_each<'py>(py: Python<'py>, texts: Vec<PyBackedBytes>) -> Result<Vec<Bound<'py, PyBytes>>, Error> {
    let streams = detached(py, || {
        let streams = ::archives::deflate_each(texts.iter().map(|text| &**text));
        streams.map_err(|error| Error::Argument(error.to_string()))
    })?;
    Ok(streams.iter().map(|stream| PyBytes::new(py, stream)).collect())
}

fn to_file(target: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<u64>) -> io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(target)?);
    let written = write(&mut out)?;
    out.flush()?;
    Ok(written)
}

fn failed(path: &Path, source: io::Error) -> Error {
    match source.raw_os_error() {
        None if source.kind() == io::ErrorKind::FileTooLarge => Error::ArchiveLimit(source),
        _ => Error::Io { path: path.to_string_lossy().into_owned(), source },
    }
}
