//! Many addresses at once, and what they came to as flat arrays.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyList;
use symbols::SymbolIndex;

use crate::strings::Strings;

/// What many addresses came to, as flat arrays: described in `_native.pyi`.
#[pyclass(module = "symbolicate._native", frozen, get_all)]
pub(crate) struct Lookup {
    pub(crate) starts: Py<PyArray1<i64>>,
    pub(crate) function: Py<PyArray1<i64>>,
    pub(crate) function_start: Py<PyArray1<u64>>,
    pub(crate) file: Py<PyArray1<i64>>,
    pub(crate) line: Py<PyArray1<i64>>,
    pub(crate) strings: Py<PyList>,
}

/// The same before it becomes Python's.
pub(crate) struct Rows<'a> {
    pub(crate) starts: Vec<i64>,
    pub(crate) function: Vec<i64>,
    pub(crate) function_start: Vec<u64>,
    pub(crate) file: Vec<i64>,
    pub(crate) line: Vec<i64>,
    pub(crate) strings: Strings<'a>,
}

impl<'a> Rows<'a> {
    pub(crate) fn of(index: &'a SymbolIndex, addresses: &[u64]) -> Self {
        let room = addresses.len();
        let mut rows = Self {
            starts: Vec::with_capacity(room + 1),
            function: Vec::with_capacity(room),
            function_start: Vec::with_capacity(room),
            file: Vec::with_capacity(room),
            line: Vec::with_capacity(room),
            strings: Strings::default(),
        };
        let mut frames = Vec::new();
        rows.starts.push(0);
        for &address in addresses {
            index.frames_at(address, &mut frames);
            for frame in frames.drain(..) {
                rows.function.push(rows.strings.number(frame.function));
                rows.function_start.push(frame.function_start);
                rows.file.push(frame.file.map_or(-1, |file| rows.strings.number(file)));
                rows.line.push(frame.line.map_or(-1, i64::from));
            }
            rows.starts.push(rows.function.len() as i64);
        }
        rows
    }
}
