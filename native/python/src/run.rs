//! `Run` and `Watch`: inputs become rows of a file, while another process watches.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use corpus::{Content, Event, Format, Given, Place, Setup};
use engine::Source;
use inputs::Bytes;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};

use crate::detach::detached;
use crate::error::Error;
use crate::failure::Naming;
use crate::module_key::ModuleKey;
use crate::session::{Session, options};

/// How long a signal may wait for its handler.
const SIGNALS: Duration = Duration::from_millis(50);

/// An input: what it is called; its path, or its bytes, or the kind and the message of its error.
type Added = (String, Option<PathBuf>, Option<PyBackedBytes>, Option<(String, String)>);

/// What a worker process is doing, in memory that it may share with another process.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Watch {
    watch: Arc<corpus::Watch>,
}

#[pymethods]
impl Watch {
    #[new]
    #[pyo3(signature = (descriptor = None))]
    fn new(descriptor: Option<i32>) -> Result<Self, Error> {
        let watch = match descriptor {
            None => corpus::Watch::alone(),
            Some(descriptor) if descriptor < 0 => return Err(Error::Argument("not a descriptor".to_owned())),
            Some(descriptor) => {
                // SAFETY: the caller has it open during this call; the map does not need it afterwards.
                let file = unsafe { BorrowedFd::borrow_raw(descriptor) };
                file.try_clone_to_owned().and_then(|file| corpus::Watch::shared(&File::from(file)))
            }
        };
        let watch = watch.map_err(|source| Error::Io { path: "<watch>".to_owned(), source })?;
        Ok(Self { watch: Arc::new(watch) })
    }

    /// A step begins.
    fn begin(&self, step: u64) {
        self.watch.begin(step);
    }

    /// Symbols or an object are waited for, or not any more.
    fn waits(&self, yes: bool) {
        self.watch.waits(yes);
    }

    /// Nothing has been done.
    fn reset(&self) {
        self.watch.reset();
    }

    /// A number that changes with every call of another method; the step; the inputs done; whether it waits.
    fn read(&self) -> (u64, u64, u64, bool) {
        let corpus::State { beats, step, answered, waits } = self.watch.state();
        (beats, step, answered, waits)
    }
}

/// Inputs that become rows of a file, one after the other.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Run {
    /// `None` when it has ended.
    run: Mutex<Option<corpus::Run>>,
}

impl Run {
    fn lock(&self) -> MutexGuard<'_, Option<corpus::Run>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Do something with the run.
    fn with<T>(&self, work: impl FnOnce(&mut corpus::Run) -> Result<T, corpus::Error>) -> Result<T, Error> {
        let mut run = self.lock();
        work(run.as_mut().ok_or_else(ended)?).map_err(Error::Corpus)
    }
}

fn ended() -> Error {
    Error::Argument("the run has ended".to_owned())
}

#[pymethods]
impl Run {
    #[new]
    #[pyo3(signature = (
        out, form, watch, poison, hints, naming = None, full = false, report_bytes = None, *, begin = None, held = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are named in Python")]
    fn new(
        out: PathBuf,
        form: &str,
        watch: &Watch,
        poison: HashMap<u64, String>,
        hints: HashMap<String, String>,
        naming: Option<&Naming>,
        full: bool,
        report_bytes: Option<usize>,
        begin: Option<u64>,
        held: Option<usize>,
    ) -> Result<Self, Error> {
        let format = match form {
            "ndjson" => Format::Lines,
            "parquet" => Format::Table,
            other => return Err(Error::Argument(format!("unknown format: {other}"))),
        };
        let place = match (begin, held) {
            (Some(begin), _) => Place::At(begin),
            (None, Some(most)) => Place::Held(most),
            (None, None) => Place::New,
        };
        let options = options(naming, full, report_bytes);
        let setup = Setup { out, format, place, watch: Arc::clone(&watch.watch), options, poison, hints };
        let run = corpus::Run::new(setup).map_err(Error::Corpus)?;
        Ok(Self { run: Mutex::new(Some(run)) })
    }

    /// Add inputs, or the files of an archive.
    fn add(&self, inputs: Vec<Added>) -> Result<(), Error> {
        let given = inputs.into_iter().map(given).collect::<Result<Vec<_>, _>>()?;
        self.with(|run| {
            run.add(given);
            Ok(())
        })
    }

    /// Process inputs until something has to be done.
    fn next<'py>(&self, py: Python<'py>, session: &Session) -> PyResult<Option<(&'static str, Bound<'py, PyAny>)>> {
        loop {
            let event = detached(py, || self.with(|run| run.next(&session.session, Instant::now() + SIGNALS)))?;
            match event {
                Event::Paused => py.check_signals()?,
                Event::Done => return Ok(None),
                Event::NotACrash(number) => {
                    return Ok(Some(("not_a_crash", number.into_pyobject(py)?.into_any())));
                }
                Event::Needs(keys) => {
                    let keys = keys.into_iter().map(|key| ModuleKey { key });
                    return Ok(Some(("needs", PyList::new(py, keys.collect::<Vec<_>>())?.into_any())));
                }
            }
        }
    }

    /// A step begins that the caller does for an input.
    fn step(&self, source: &str) -> Result<bool, Error> {
        self.with(|run| run.step(source))
    }

    /// An input that is not a crash is done.
    fn settle(&self) -> Result<(), Error> {
        self.with(corpus::Run::settle)
    }

    /// Write what is left.
    fn end<'py>(&self, py: Python<'py>) -> PyResult<(u64, u64, Bound<'py, PyBytes>, Option<HeldRows>)> {
        let run = self.lock().take().ok_or_else(ended)?;
        let done = detached(py, || run.end().map_err(Error::Corpus))?;
        Ok((done.rows, done.bytes, PyBytes::new(py, &done.tally), done.held.map(|held| HeldRows { held })))
    }
}

/// Rows in memory.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct HeldRows {
    held: corpus::Held,
}

#[pymethods]
impl HeldRows {
    /// Write them to a place in a file that may exist; they are on the disk when this returns.
    fn write_at(&self, py: Python<'_>, path: PathBuf, begin: u64) -> Result<(), Error> {
        detached(py, || self.held.write_at(&path, begin).map_err(Error::Corpus))
    }

    /// Write them to a new file.
    fn write_new(&self, py: Python<'_>, path: PathBuf) -> Result<(), Error> {
        detached(py, || self.held.write_new(&path).map_err(Error::Corpus))
    }
}

fn given(added: Added) -> Result<Given, Error> {
    let (source, path, data, error) = added;
    let content = match (path, data, error) {
        (None, None, Some((kind, message))) => Content::Refused { kind, message },
        (Some(path), None, None) => Content::Source(Source::file(path)),
        (None, Some(data), None) => Content::Source(Source::bytes_named(&source, Bytes::shared(data))),
        _ => return Err(Error::Argument("an input is a path, bytes or an error".to_owned())),
    };
    Ok(Given { source, content })
}
