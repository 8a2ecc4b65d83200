//! `StackIndex`: near-duplicate stacks, by the numbers of their frames.

use std::sync::{Mutex, MutexGuard, PoisonError};

use numpy::{PyArray1, PyReadonlyArray1, ToPyArray};
use pyo3::prelude::*;
use similar::{Codes, Decisions, Index, Invalid, Stack, Wanted};

use crate::detach::{detached, interruptible};
use crate::error::Error;

/// An index of stacks; described in `_native.pyi`.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct StackIndex {
    index: Mutex<Index>,
}

/// A stack that is asked about.
#[derive(FromPyObject)]
enum Asked {
    Number(u32),
    Frames(Vec<Codes>),
}

type Numbers<'py> = Bound<'py, PyArray1<u32>>;
type Scores<'py> = Bound<'py, PyArray1<f32>>;

impl StackIndex {
    /// Only called without the GIL: a thread that has the index may wait for the GIL, to see whether a signal came.
    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl StackIndex {
    #[new]
    fn new() -> Self {
        Self { index: Mutex::new(Index::default()) }
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(detached(py, || Ok(self.index().len()))?)
    }

    /// Adds names and stacks.
    fn add(
        &self,
        py: Python<'_>,
        names: PyReadonlyArray1<'_, i32>,
        lengths: PyReadonlyArray1<'_, u8>,
        frames: PyReadonlyArray1<'_, u32>,
        families: PyReadonlyArray1<'_, u32>,
    ) -> PyResult<()> {
        let (names, lengths, frames, families) =
            (names.as_slice()?, lengths.as_slice()?, frames.as_slice()?, families.as_slice()?);
        let names: Vec<Codes> = names.as_chunks().0.to_vec();
        Ok(detached(py, || self.index().add(&names, lengths, frames, families).map_err(invalid))?)
    }

    /// The near duplicates of a stack, and their scores.
    fn similar<'py>(
        &self,
        py: Python<'py>,
        stack: Asked,
        family: u32,
        threshold: f32,
        in_order: usize,
    ) -> PyResult<(Vec<u32>, Vec<f32>)> {
        let wanted = wanted(threshold, in_order)?;
        let found = detached(py, || self.index().similar(&stack.into(), family, wanted).map_err(invalid))?;
        Ok(found.iter().map(|found| (found.number, found.score)).unzip())
    }

    /// Some of the pairs of near duplicates.
    fn pairs<'py>(
        &self,
        py: Python<'py>,
        first: u32,
        at_least: usize,
        threshold: f32,
        in_order: usize,
    ) -> PyResult<(u32, Numbers<'py>, Numbers<'py>, Scores<'py>)> {
        let wanted = wanted(threshold, in_order)?;
        let pairs = detached(py, || Ok(self.index().pairs(first, at_least, wanted)))?;
        Ok((pairs.next, pairs.later.to_pyarray(py), pairs.earlier.to_pyarray(py), pairs.scores.to_pyarray(py)))
    }

    /// How similar two stacks are.
    fn score(&self, py: Python<'_>, left: Vec<Codes>, right: Vec<Codes>, in_order: usize) -> PyResult<f32> {
        Ok(detached(py, || Ok(self.index().score(&left, &right, in_order)))?)
    }

    /// The aligned frames of a stack with one in the index.
    fn aligned(
        &self,
        py: Python<'_>,
        stack: Asked,
        other: u32,
        in_order: usize,
    ) -> PyResult<Vec<(usize, usize, bool, f64)>> {
        let pairs = detached(py, || self.index().aligned(&stack.into(), other, in_order).map_err(invalid))?;
        Ok(pairs.iter().map(|pair| (pair.place, pair.other_place, pair.equal, pair.weight)).collect())
    }

    /// The leader of each stack, and its score with it.
    fn leaders<'py>(
        &self,
        py: Python<'py>,
        threshold: f32,
        in_order: usize,
        together: Vec<Vec<u32>>,
        apart: Vec<(u32, u32)>,
    ) -> PyResult<(Numbers<'py>, Scores<'py>)> {
        let wanted = wanted(threshold, in_order)?;
        let decisions = Decisions { together, apart };
        // The work ends without a result only if a handler of a signal has raised an exception, which is raised instead.
        let found = interruptible(py, |go_on| self.index().leaders(wanted, &decisions, go_on).map_err(invalid))?;
        let (leaders, scores) = found.map(|found| (found.leaders, found.scores)).unwrap_or_default();
        Ok((leaders.to_pyarray(py), scores.to_pyarray(py)))
    }
}

impl From<Asked> for Stack {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Number(number) => Self::Number(number),
            Asked::Frames(frames) => Self::Frames(frames),
        }
    }
}

fn wanted(threshold: f32, in_order: usize) -> Result<Wanted, Error> {
    if threshold > 0.0 && threshold <= 1.0 {
        Ok(Wanted { threshold, in_order })
    } else {
        Err(Error::Argument(format!("threshold {threshold} is not above 0 and at most 1")))
    }
}

fn invalid(error: Invalid) -> Error {
    Error::Argument(error.to_string())
}
