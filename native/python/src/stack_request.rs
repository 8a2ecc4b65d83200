//! `StackRequest`: a request of the symbolication protocol.

use std::ffi::c_int;
use std::sync::Arc;

use engine::ModuleResult;
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;
use pyo3::{IntoPyObjectExt as _, ffi};

use crate::detach::detached;
use crate::error::Error;
use crate::symbol_file::SymbolFile;

/// Stacks of modules and offsets, and the version of the protocol that they came in.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct StackRequest {
    request: engine::StackRequest,
    version: u8,
}

#[pymethods]
impl StackRequest {
    /// Read the body of a request of version 4 or 5.
    #[new]
    fn new(py: Python<'_>, body: &[u8], version: u8) -> Result<Self, Error> {
        // Copied, because Python's object is not of this thread while others run.
        let body = body.to_vec();
        detached(py, || {
            let read = match version {
                4 => engine::StackRequest::of_version_4(&body),
                5 => engine::StackRequest::of_version_5(&body),
                _ => return Err(Error::Argument(format!("no version {version} of the protocol"))),
            };
            let request = read.map_err(|fault| Error::Argument(fault.to_string()))?;
            Ok(Self { request, version })
        })
    }

    /// The modules that frames lead into: number, name, debug id.
    #[getter]
    fn modules(&self) -> Vec<(usize, &str, &str)> {
        self.request.modules().collect()
    }

    /// How many frames there are.
    #[getter]
    fn frames(&self) -> usize {
        self.request.frames()
    }

    /// The offsets that are looked up in a module, by its number; sorted, each once.
    fn addresses(&self, number: usize) -> Vec<u64> {
        self.request.addresses(number).into_iter().collect()
    }

    /// The answer in JSON, from what was found for the modules, by their numbers: symbols, or an error and its message. It is not
    /// copied: it may have a hundred megabytes.
    fn answer<'py>(
        &self,
        py: Python<'py>,
        found: Vec<(usize, Option<Py<SymbolFile>>, String, String)>,
        budget: usize,
    ) -> PyResult<Bound<'py, PyMemoryView>> {
        let size = found.iter().map(|(number, ..)| number.saturating_add(1)).max().unwrap_or(0);
        let known = self.request.modules().map(|(number, ..)| number + 1).max().unwrap_or(0);
        let mut results = vec![None; size.min(known)];
        for (number, symbols, name, message) in found {
            if let Some(result) = results.get_mut(number) {
                *result = Some(match symbols {
                    Some(symbols) => {
                        let symbols = symbols.get();
                        ModuleResult::Found(Arc::clone(&symbols.index), Arc::clone(&symbols.texts))
                    }
                    None => ModuleResult::Failed(name, message),
                });
            }
        }
        let answer = detached(py, || {
            let written = match self.version {
                4 => self.request.answer_4(&results, budget),
                _ => self.request.answer_5(&results, budget),
            };
            written.map_err(|large| Error::Argument(large.to_string()))
        })?;
        PyMemoryView::from(&Written(answer).into_bound_py_any(py)?)
    }
}

/// Bytes that Python reads where they are.
#[pyclass(module = "symbolicate._native", frozen)]
struct Written(Vec<u8>);

#[pymethods]
impl Written {
    /// # Safety
    /// `view` is a buffer that Python has made for this call.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let bytes = &slf.get().0;
        let length = ffi::Py_ssize_t::try_from(bytes.len())?;
        let start = bytes.as_ptr().cast_mut().cast();
        // SAFETY: the view is read-only and holds a reference to this object, which never changes its bytes.
        match unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start, length, 1, flags) } {
            0 => Ok(()),
            _ => Err(PyErr::fetch(slf.py())),
        }
    }
}
