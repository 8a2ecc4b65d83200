//! `Session`: supplied symbols and the engine.

use std::ffi::OsString;
use std::sync::Arc;

use engine::{Options, Outcome, Supply};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::batch::Workers;
use crate::container::Container;
use crate::detach::detached;
use crate::error::Error;
use crate::failure::Naming;
use crate::module_key::ModuleKey;
use crate::symbol_file::SymbolFile;

/// Symbols that were supplied, and the engine.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Session {
    session: engine::Session,
    workers: Workers,
}

#[pymethods]
impl Session {
    #[new]
    fn new() -> Self {
        Self { session: engine::Session::new(), workers: Workers::default() }
    }

    /// Say what became of the search for a module's symbols.
    ///
    /// What holds paths comes as the system spells them; a report has them as UTF-8, as well as that can be said.
    fn supply(
        &self,
        key: &ModuleKey,
        status: &str,
        symbols: Option<&SymbolFile>,
        path: OsString,
        detail: OsString,
        tried: Vec<OsString>,
    ) -> Result<(), Error> {
        let (path, detail) = (lossy(path), lossy(detail));
        let tried = tried.into_iter().map(lossy).collect();
        let supply = match (status, symbols) {
            ("loaded", Some(file)) => Supply::Loaded { symbols: Arc::clone(&file.index), path, tried },
            ("loaded", None) => return Err(Error::Argument("loaded, but no symbols are given".to_owned())),
            ("missing", _) => Supply::Missing { tried },
            ("malformed", _) => Supply::Malformed { path, error: detail, tried },
            ("mismatch", _) => Supply::Mismatch { path, found_id: detail, tried },
            (other, _) => return Err(Error::Argument(format!("no such status: {other:?}"))),
        };
        self.session.supply(key.key.clone(), supply);
        Ok(())
    }

    /// Process many crashes of opened inputs in parallel; errors are returned in their place. The answers are those of the
    /// first crashes: a batch ends early if its reports have many bytes.
    #[pyo3(signature = (crashes, jobs, naming = None, full = false, report_bytes = None))]
    fn process_batch<'py>(
        &self,
        py: Python<'py>,
        crashes: Vec<(Py<Container>, usize)>,
        jobs: usize,
        naming: Option<&Naming>,
        full: bool,
        report_bytes: Option<usize>,
    ) -> PyResult<Bound<'py, PyList>> {
        if jobs == 0 {
            return Err(Error::Argument("jobs must be at least 1".to_owned()).into());
        }
        let crashes: Vec<_> =
            crashes.iter().map(|(container, index)| (Arc::clone(&container.get().opened), *index)).collect();
        let options = Options { full, report_bytes, ..Options::default() };
        let options = match naming.map(|naming| naming.naming.clone()) {
            None => options,
            Some(naming) => {
                let (profile, vocabulary, rules) = (naming.profile, naming.vocabulary, naming.rules);
                Options { profile, vocabulary, rules, ..options }
            }
        };
        let outcomes = detached(py, || self.workers.process(&self.session, &crashes, &options, jobs))?;
        let answers = PyList::empty(py);
        for outcome in outcomes {
            match outcome {
                Ok(outcome) => answers.append(answer(py, outcome)?)?,
                Err(error) => answers.append(PyErr::from(error).into_value(py))?,
            }
        }
        Ok(answers)
    }
}

fn lossy(text: OsString) -> String {
    text.into_string().unwrap_or_else(|text| text.to_string_lossy().into_owned())
}

fn answer(py: Python<'_>, outcome: Outcome) -> PyResult<Bound<'_, PyAny>> {
    match outcome {
        Outcome::Report(json) => Ok(PyBytes::new(py, &json).into_any()),
        Outcome::Needs(keys) => {
            let keys: Vec<ModuleKey> = keys.into_iter().map(|key| ModuleKey { key }).collect();
            Ok(PyList::new(py, keys)?.into_any())
        }
    }
}
