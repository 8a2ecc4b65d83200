//! `Run`: any number of inputs, processed by worker threads.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::{Done, Event};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};

use crate::container::{File, source};
use crate::detach::detached;
use crate::error::{Error, described};
use crate::failure::Naming;
use crate::module_key::ModuleKey;
use crate::session::{Session, options};
use crate::table::Table;

/// Inputs of a block whose rows are made together.
const ROWS_BLOCK: usize = 32;
/// How long a signal may wait for its handler.
const SIGNALS: Duration = Duration::from_millis(50);

/// The output of a block.
enum Made {
    Documents(Vec<Done>),
    Rows(Result<table::Table, table::Error>),
}

/// An input: its path or name, its bytes, unless it is a file, and the files that follow a log in them.
type Added = (PathBuf, Option<PyBackedBytes>, Option<Vec<File>>);

/// Inputs that are processed, and their output.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Run {
    run: engine::Run<Made>,
    tables: Mutex<Vec<table::Table>>,
}

#[pymethods]
impl Run {
    #[new]
    #[pyo3(signature = (session, jobs, naming = None, full = false, report_bytes = None, rows = false))]
    fn new(
        session: &Session,
        jobs: usize,
        naming: Option<&Naming>,
        full: bool,
        report_bytes: Option<usize>,
        rows: bool,
    ) -> Result<Self, Error> {
        if jobs == 0 {
            return Err(Error::Argument("jobs must be at least 1".to_owned()));
        }
        let (block, output): (_, fn(Vec<Done>) -> Made) =
            if rows { (ROWS_BLOCK, |inputs| Made::Rows(rows_of(inputs))) } else { (1, Made::Documents) };
        let options = options(naming, full, report_bytes);
        let run = engine::Run::start(session.session.clone(), options, jobs, block, output).map_err(Error::Workers)?;
        Ok(Self { run, tables: Mutex::default() })
    }

    /// Add inputs.
    fn add(&self, inputs: Vec<Added>) -> Result<(), Error> {
        let sources = inputs.into_iter().map(|(path, data, files)| source(path, data, files));
        self.run.add(sources.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }

    /// No more inputs are added.
    fn close(&self) {
        self.run.close();
    }

    /// These modules were resolved in the session.
    fn resolved(&self, keys: Vec<PyRef<'_, ModuleKey>>) {
        self.run.resolved(keys.into_iter().map(|key| key.key.clone()));
    }

    /// What happened next.
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<(&'static str, Bound<'py, PyAny>)>> {
        loop {
            let event = detached(py, || self.run.next(SIGNALS).map_err(Error::Workers))?;
            match event {
                Event::Waiting => py.check_signals()?,
                Event::Hungry => return Ok(Some(("hungry", PyList::empty(py).into_any()))),
                Event::End => return Ok(None),
                Event::Needs(keys) => {
                    let keys = keys.into_iter().map(|key| ModuleKey { key });
                    return Ok(Some(("needs", PyList::new(py, keys.collect::<Vec<_>>())?.into_any())));
                }
                Event::Output(outputs) => {
                    let results = PyList::empty(py);
                    for output in outputs {
                        match output {
                            Made::Documents(inputs) => append(py, &results, inputs)?,
                            Made::Rows(rows) => {
                                let rows = rows.map_err(Error::Table)?;
                                self.tables.lock().unwrap_or_else(PoisonError::into_inner).push(rows);
                            }
                        }
                    }
                    return Ok(Some(("output", results.into_any())));
                }
            }
        }
    }

    /// The rows of all inputs so far; they are returned once.
    fn table(&self) -> Table {
        let tables = std::mem::take(&mut *self.tables.lock().unwrap_or_else(PoisonError::into_inner));
        Table { table: table::Table::concat(tables) }
    }
}

/// Append the results of inputs: the number of the input, and a document or an error.
fn append(py: Python<'_>, results: &Bound<'_, PyList>, inputs: Vec<Done>) -> PyResult<()> {
    for Done { number, name, results: crashes } in inputs {
        for crash in crashes {
            match crash {
                Ok(json) => results.append((number, PyBytes::new(py, &json)))?,
                Err(source) => {
                    let error = Error::Input { input: name.clone(), source };
                    results.append((number, PyErr::from(error).into_value(py)))?;
                }
            }
        }
    }
    Ok(())
}

/// The rows of some inputs.
fn rows_of(inputs: Vec<Done>) -> Result<table::Table, table::Error> {
    let mut tables = Vec::new();
    let mut builder = table::Builder::new();
    for Done { name, results, .. } in inputs {
        for (number, result) in results.into_iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let row = |builder: &mut table::Builder| match &result {
                Ok(json) => builder.report(&name, number, json),
                Err(error) => {
                    let (kind, message) = described(error);
                    builder.error(&name, kind, &message)
                }
            };
            match row(&mut builder) {
                Err(table::Error::Full(_)) => {
                    tables.push(std::mem::take(&mut builder).finish()?);
                    row(&mut builder)?;
                }
                other => other?,
            }
        }
    }
    tables.push(builder.finish()?);
    Ok(table::Table::concat(tables))
}
