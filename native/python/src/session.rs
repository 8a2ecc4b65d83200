//! `Session`: the engine and the symbols of modules.

use std::ffi::OsString;
use std::sync::Arc;

use engine::{Candidate, CandidateOutcome, Options, Outcome, Resolution, UnwindFile, Workers};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::container::Container;
use crate::detach::detached;
use crate::error::Error;
use crate::failure::Naming;
use crate::module_key::ModuleKey;
use crate::symbol_file::SymbolFile;
use crate::unwind_tables::UnwindTables;

/// The engine, and the symbols of the modules that were resolved.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Session {
    pub(crate) session: Arc<engine::Session>,
    workers: Workers,
}

#[pymethods]
impl Session {
    #[new]
    fn new() -> Self {
        Self { session: Arc::default(), workers: Workers::default() }
    }

    /// Record the result of the search for a module's symbols.
    ///
    /// Each candidate is its location, source, outcome and detail; the status is about the one at the index `decisive`.
    /// Paths come as the system spells them; a report has them as UTF-8, lossily. Unwind tables are tried in their order, before
    /// the rules of the symbols.
    #[pyo3(signature = (key, symbols, candidates, decisive = None, unwind = Vec::new()))]
    fn resolve(
        &self,
        key: &ModuleKey,
        symbols: Option<&SymbolFile>,
        candidates: Vec<(OsString, OsString, String, OsString)>,
        decisive: Option<usize>,
        unwind: Vec<Py<UnwindTables>>,
    ) -> Result<(), Error> {
        let candidates = candidates.into_iter().map(candidate).collect::<Result<Vec<_>, _>>()?;
        let resolution = match symbols {
            Some(file) => {
                let loaded = Resolution::loaded(Arc::clone(&file.index), candidates);
                if let Some(decisive) = decisive { loaded.at(decisive) } else { loaded }
            }
            None => Resolution::missing(candidates, decisive),
        };
        let unwind = unwind.iter().map(|file| {
            let UnwindTables { location, rules } = file.get();
            UnwindFile { location: location.to_string_lossy().into_owned(), rules: rules.clone() }
        });
        self.session.resolve(key.key.clone(), resolution.with_unwind(unwind.collect()));
        Ok(())
    }

    /// Addresses of a module, relative to its base, that crashes needed since the last call and that its symbols, a part of a
    /// file, do not answer for.
    fn take_lacking(&self, key: &ModuleKey) -> Vec<u64> {
        self.session.take_lacking(&key.key)
    }

    /// Process many crashes of opened inputs in parallel; errors are returned in their position. The results are those of the
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
            crashes.iter().map(|(container, index)| (Arc::clone(&container.get().input), *index)).collect();
        let options = options(naming, full, report_bytes);
        let outcomes =
            detached(py, || self.workers.process(&self.session, &crashes, &options, jobs).map_err(Error::Workers))?;
        let answers = PyList::empty(py);
        for ((input, _), outcome) in crashes.iter().zip(outcomes) {
            match outcome {
                Ok(outcome) => answers.append(answer(py, outcome)?)?,
                Err(source) => {
                    let error = Error::Input { input: input.name(), source };
                    answers.append(PyErr::from(error).into_value(py))?;
                }
            }
        }
        Ok(answers)
    }
}

/// What a caller chose about reports.
pub(crate) fn options(naming: Option<&Naming>, full: bool, report_bytes: Option<usize>) -> Options {
    let options = Options { full, report_bytes, ..Options::default() };
    match naming.map(|naming| naming.naming.clone()) {
        None => options,
        Some(naming) => {
            let (profile, vocabulary, rules) = (naming.profile, naming.vocabulary, naming.rules);
            Options { profile, vocabulary, rules, ..options }
        }
    }
}

fn candidate(parts: (OsString, OsString, String, OsString)) -> Result<Candidate, Error> {
    let (location, source, outcome, detail) = parts;
    let outcome = CandidateOutcome::parse(&outcome)
        .ok_or_else(|| Error::Argument(format!("unknown outcome of a candidate: {outcome:?}")))?;
    Ok(Candidate { location: lossy(location), source: lossy(source), outcome, detail: lossy(detail) })
}

fn lossy(text: OsString) -> String {
    text.into_string().unwrap_or_else(|text| text.to_string_lossy().into_owned())
}

fn answer(py: Python<'_>, outcome: Outcome) -> PyResult<Bound<'_, PyAny>> {
    match outcome {
        Outcome::Report(document) => Ok(PyBytes::new(py, &document).into_any()),
        Outcome::Needs(keys) => {
            let keys: Vec<ModuleKey> = keys.into_iter().map(|key| ModuleKey { key }).collect();
            Ok(PyList::new(py, keys)?.into_any())
        }
    }
}
