//! Failure names from facts or reports, also with the caller's own rules.

use std::path::PathBuf;
use std::sync::Arc;

use failure::name::{Profile, Rules, Vocabulary};
use failure::record;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use rayon::prelude::*;

use crate::detach::detached;
use crate::error::Error;

/// How failures are to be named.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct Naming {
    pub(crate) naming: record::Naming,
}

#[pymethods]
impl Naming {
    #[new]
    #[pyo3(signature = (profile = "wer", vocabulary = "classic", rules = None))]
    fn new(profile: &str, vocabulary: &str, rules: Option<(PathBuf, String)>) -> Result<Self, Error> {
        let profile = match profile {
            "wer" => Profile::Wer,
            "windbg" => Profile::Windbg,
            other => return Err(Error::Argument(format!("profile must be 'wer' or 'windbg', not {other:?}"))),
        };
        let vocabulary = match vocabulary {
            "classic" => Vocabulary::Classic,
            "2410" => Vocabulary::V2410,
            other => return Err(Error::Argument(format!("vocabulary must be 'classic' or '2410', not {other:?}"))),
        };
        let rules = match rules {
            None => None,
            Some((name, text)) => {
                let name = name.to_string_lossy();
                let parsed = Rules::parse(&name, &text).map_err(|problems| {
                    let first =
                        problems.first().map(|p| format!("{name}:{}: {}", p.line, p.message)).unwrap_or_default();
                    Error::Argument(match problems.len() {
                        0 | 1 => first,
                        several => format!("{first} (and {} more)", several - 1),
                    })
                });
                Some(Arc::new(parsed?))
            }
        };
        Ok(Self { naming: record::Naming { profile, vocabulary, rules, demangle: Some(demangle::demangle) } })
    }

    /// The version of the rules, as the hashes carry it.
    #[getter]
    fn rules_version(&self) -> String {
        failure::name::rules_version(self.naming.rules.as_deref()).into_owned()
    }
}

/// The errors in a file of rules: line and message.
#[pyfunction]
pub(crate) fn check_rules(name: PathBuf, text: &str) -> Vec<(usize, String)> {
    match Rules::parse(&name.to_string_lossy(), text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| (problem.line, problem.message)).collect(),
    }
}

/// Names one record: a JSON object as bytes.
#[pyfunction]
pub(crate) fn name_record<'py>(
    py: Python<'py>,
    record: PyBackedBytes,
    naming: &Naming,
) -> PyResult<Bound<'py, PyBytes>> {
    let named = detached(py, || {
        let failure = record::name(&record, &naming.naming).map_err(Error::Argument)?;
        let mut out = Vec::with_capacity(1024);
        record::write_failure(&failure, &mut out);
        Ok(out)
    })?;
    Ok(PyBytes::new(py, &named))
}

/// Names one record and explains the name: the failure's keys, `class_from`, `code_from` and `frames`.
#[pyfunction]
pub(crate) fn explain_record<'py>(
    py: Python<'py>,
    record: PyBackedBytes,
    naming: &Naming,
) -> PyResult<Bound<'py, PyBytes>> {
    let explained = detached(py, || {
        let explanation = record::explained(&record, &naming.naming).map_err(Error::Argument)?;
        let mut out = Vec::with_capacity(4096);
        record::write_explanation(&explanation, &mut out);
        Ok(out)
    })?;
    Ok(PyBytes::new(py, &explained))
}

/// Names many records, a line each, and gives a line for each and how many could not be named. Those have a line with
/// `error` and the number of their line, counted from `first_line`; empty lines are skipped.
#[pyfunction]
#[pyo3(signature = (lines, naming, first_line = 1))]
pub(crate) fn name_records<'py>(
    py: Python<'py>,
    lines: PyBackedBytes,
    naming: &Naming,
    first_line: usize,
) -> PyResult<(Bound<'py, PyBytes>, usize)> {
    // Few enough lines to a piece that all cores have work, and many enough that handing them out costs nothing.
    const PIECE: usize = 256;
    let (out, failed) = detached(py, || {
        let lines: Vec<(usize, &[u8])> = lines
            .split(|&byte| byte == b'\n')
            .enumerate()
            .map(|(i, line)| (first_line.saturating_add(i), line.trim_ascii()))
            .filter(|(_, line)| !line.is_empty())
            .collect();
        let pieces: Vec<(Vec<u8>, usize)> =
            lines.par_chunks(PIECE).map(|piece| name_piece(piece, &naming.naming)).collect();
        let failed = pieces.iter().map(|piece| piece.1).sum();
        Ok((pieces.into_iter().flat_map(|piece| piece.0).collect::<Vec<u8>>(), failed))
    })?;
    Ok((PyBytes::new(py, &out), failed))
}

fn name_piece(lines: &[(usize, &[u8])], naming: &record::Naming) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(lines.len() * 800);
    let mut failed = 0;
    for &(number, line) in lines {
        match record::name(line, naming) {
            Ok(failure) => record::write_failure(&failure, &mut out),
            Err(error) => {
                failed += 1;
                record::write_error(&error, number, &mut out);
            }
        }
        out.push(b'\n');
    }
    (out, failed)
}
