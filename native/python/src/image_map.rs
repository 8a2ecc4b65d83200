//! `ImageMap`: many addresses to images and offsets.

use engine::ImageMap as Map;
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};

use crate::detach::detached;

/// Images by address: described in `_native.pyi`.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct ImageMap {
    map: Map,
    images: usize,
}

type Resolved<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<u64>>);

#[pymethods]
impl ImageMap {
    #[new]
    #[pyo3(signature = (starts, ends, *, open_ends = false))]
    fn new(starts: &Bound<'_, PyAny>, ends: &Bound<'_, PyAny>, open_ends: bool) -> PyResult<Self> {
        Self::build(("starts", starts), ("ends", ends), |ranges| Map::inclusive(ranges, open_ends))
    }

    /// The same from sizes.
    #[staticmethod]
    #[pyo3(signature = (starts, sizes, *, open_ends = false))]
    fn from_sizes(starts: &Bound<'_, PyAny>, sizes: &Bound<'_, PyAny>, open_ends: bool) -> PyResult<Self> {
        Self::build(("starts", starts), ("sizes", sizes), |ranges| Map::sized(ranges, open_ends))
    }

    /// Image and offset of each address.
    fn resolve<'py>(&self, py: Python<'py>, addresses: &Bound<'py, PyAny>) -> PyResult<Resolved<'py>> {
        let array = unsigned("addresses", addresses)?;
        let gathered;
        // Not copied if it is contiguous. Another thread may write to it meanwhile: each address is read once, so that its
        // result is that of the old or of the new value.
        let addresses = match array.as_slice() {
            Ok(slice) => slice,
            Err(_) => {
                gathered = array.as_array().to_vec();
                gathered.as_slice()
            }
        };
        // Memory of numpy, which uses large pages: page faults of small ones would cost more than the search.
        let images = PyArray1::zeros(py, addresses.len(), false);
        let offsets = PyArray1::zeros(py, addresses.len(), false);
        {
            let (mut images, mut offsets) = (images.try_readwrite()?, offsets.try_readwrite()?);
            let (images, offsets) = (images.as_slice_mut()?, offsets.as_slice_mut()?);
            detached(py, || {
                self.map.resolve(addresses, images, offsets);
                Ok(())
            })?;
        }
        Ok((images, offsets))
    }

    fn __len__(&self) -> usize {
        self.images
    }

    fn __repr__(&self) -> String {
        format!("<ImageMap of {} images>", self.images)
    }
}

impl ImageMap {
    fn build(
        starts: (&str, &Bound<'_, PyAny>),
        others: (&str, &Bound<'_, PyAny>),
        map: impl Fn(Vec<(u64, u64)>) -> Map + Send + Sync,
    ) -> PyResult<Self> {
        let py = starts.1.py();
        let (first, second) = (unsigned(starts.0, starts.1)?, unsigned(others.0, others.1)?);
        let (images, other) = (first.len(), second.len());
        if images != other {
            let message = format!("{} and {} differ in length: {images} and {other}", starts.0, others.0);
            return Err(PyValueError::new_err(message));
        }
        let ranges: Vec<_> = first.as_array().iter().copied().zip(second.as_array().iter().copied()).collect();
        Ok(Self { map: detached(py, || Ok(map(ranges)))?, images })
    }
}

/// An argument as an array of `uint64`: as it is, or converted where that loses nothing.
fn unsigned<'py>(what: &str, argument: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArray1<'py, u64>> {
    if let Ok(array) = argument.extract::<PyReadonlyArray1<'py, u64>>() {
        return Ok(array);
    }
    let py = argument.py();
    let numpy = py.import("numpy")?;
    let mut array = numpy.call_method1("asarray", (argument,))?;
    let shape: Vec<usize> = array.getattr("shape")?.extract()?;
    if shape.len() != 1 {
        return Err(PyValueError::new_err(format!("{what} must have one dimension, not {}", shape.len())));
    }
    let kind: char = array.getattr("dtype")?.getattr("kind")?.extract()?;
    match kind {
        'u' => {}
        'i' => {
            if shape != [0] && array.call_method0("min")?.lt(0)? {
                return Err(PyValueError::new_err(format!("{what} must not be negative")));
            }
        }
        // An empty list becomes this array in numpy.
        'f' if shape == [0] => {}
        _ => {
            let dtype = array.getattr("dtype")?;
            return Err(PyTypeError::new_err(format!("{what} must be integers that fit uint64, not {dtype}")));
        }
    }
    let options: Bound<'_, PyDict> = [("dtype", "uint64")].into_py_dict(py)?;
    array = numpy.call_method("asarray", (array,), Some(&options))?;
    array.extract()
}
