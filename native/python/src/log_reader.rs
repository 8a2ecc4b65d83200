//! `LogReader`: the logs of a container, one by one.

use inputs::{Note, Split, SplitLimits};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::detach::{attached, detached};
use crate::error::Error;

/// Bytes of a container that is read without releasing the GIL.
const SMALL: usize = 8 * 1024;

/// A log: its number, what it is, its text, its head, and what was wrong with it.
type Log<'py> = (usize, Option<&'static str>, Bound<'py, PyBytes>, Bound<'py, PyBytes>, Vec<String>);

/// A container of App Center logs, split into them. A log is copied on request.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct LogReader {
    body: PyBackedBytes,
    split: Split,
}

#[pymethods]
impl LogReader {
    #[new]
    #[pyo3(signature = (body, *, logs, repaired_bytes, data_bytes))]
    fn new(
        py: Python<'_>,
        body: PyBackedBytes,
        logs: usize,
        repaired_bytes: usize,
        data_bytes: usize,
    ) -> PyResult<Self> {
        let limits = SplitLimits { logs, repaired_bytes, data_bytes };
        let split =
            reading(py, &body, || Split::new(&body, limits).map_err(|error| Error::Argument(error.to_string())))?;
        Ok(Self { body, split })
    }

    /// How many logs can be requested.
    fn __len__(&self) -> usize {
        self.split.len()
    }

    /// How many more logs the container has.
    #[getter]
    fn beyond(&self) -> usize {
        self.split.beyond()
    }

    /// Problems of the container outside of its logs.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.split.notes().iter().map(sentence).collect()
    }

    /// A log.
    fn log<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Log<'py>> {
        let log = reading(py, &self.body, || Ok(self.split.log(&self.body, index)))?;
        let log = log.ok_or_else(|| PyIndexError::new_err(format!("there is no log {index}")))?;
        let notes = log.notes.iter().map(sentence).collect();
        let kind = log.kind.map(|kind| kind.type_name().unwrap_or("other"));
        Ok((log.number, kind, PyBytes::new(py, &log.text), PyBytes::new(py, &log.head), notes))
    }
}

/// Run `work`, which reads a container. A small one takes less time than another thread's turn with the GIL.
fn reading<T, F>(py: Python<'_>, body: &[u8], work: F) -> Result<T, Error>
where
    F: FnOnce() -> Result<T, Error> + Send,
    T: Send,
{
    if body.len() <= SMALL { attached(work) } else { detached(py, work) }
}

/// Whether bytes begin like a minidump.
#[pyfunction]
pub(crate) fn is_minidump(data: &[u8]) -> bool {
    inputs::is_minidump(data)
}

fn sentence(note: &Note) -> String {
    if note.place.is_empty() { note.message.clone() } else { format!("{}: {}", note.place, note.message) }
}
