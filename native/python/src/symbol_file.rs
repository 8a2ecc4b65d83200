//! `SymbolFile`: one module's symbols.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::KeptTexts;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use symbols::lookup::BatchFrames;
use symbols::{SymbolMap, regular_file};
use vocabulary::DebugId;

use crate::addresses::Addresses;
use crate::deadline::in_seconds;
use crate::detach::{detached, interruptible};
use crate::error::Error;
use crate::lookup::Lookup;

/// A symbol file, mapped, with its index.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct SymbolFile {
    pub(crate) index: Arc<SymbolMap>,
    /// What answers to stacks of profilers have in common.
    pub(crate) texts: Arc<KeptTexts>,
}

impl SymbolFile {
    pub(crate) fn new(index: SymbolMap) -> Self {
        Self { index: Arc::new(index), texts: Arc::default() }
    }
}

#[pymethods]
impl SymbolFile {
    /// Index a file in memory.
    #[staticmethod]
    fn open(py: Python<'_>, sym_path: PathBuf) -> Result<Self, Error> {
        detached(py, || {
            let text = read(&sym_path).map_err(|source| unreadable(&sym_path, source))?;
            Ok(Self::new(SymbolMap::from_text(text)))
        })
    }

    /// Map a file with its index; build the index first if there is no valid one, in so many seconds.
    #[staticmethod]
    #[pyo3(signature = (sym_path, index_path, seconds=None))]
    fn open_or_build(
        py: Python<'_>,
        sym_path: PathBuf,
        index_path: PathBuf,
        seconds: Option<f64>,
    ) -> Result<Self, Error> {
        let deadline = in_seconds(seconds);
        interruptible(py, |proceed| {
            let mut is_in_time = || !deadline.is_over() && proceed();
            let opened = SymbolMap::open_or_build_while(&sym_path, &index_path, &mut is_in_time);
            opened.map(Self::new).map_err(|source| Error::Symbols { path: name(&sym_path), source })
        })
    }

    /// Index a text in memory.
    #[staticmethod]
    fn from_text(py: Python<'_>, text: &[u8]) -> Result<Self, Error> {
        let text = text.to_vec();
        detached(py, || Ok(Self::new(SymbolMap::from_text(text))))
    }

    #[getter]
    fn os(&self) -> Option<&str> {
        self.index.module().map(|m| m.os.as_str())
    }

    #[getter]
    fn arch(&self) -> Option<&str> {
        self.index.module().map(|m| m.arch.as_str())
    }

    /// The id of its MODULE line in canonical spelling, also one that is of no known kind, such as a short build id.
    #[getter]
    fn debug_id(&self) -> Option<String> {
        let module = self.index.module()?;
        module.debug_id.map(|id| id.to_string()).or_else(|| DebugId::canonical(&module.id))
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        self.index.module().map(|m| m.name.as_str())
    }

    #[getter]
    fn code_id(&self) -> Option<&str> {
        self.index.module()?.code_id.as_deref()
    }

    /// What it describes at best, in a word; empty for nothing.
    #[getter]
    fn content(&self) -> &'static str {
        self.index.content().name()
    }

    /// Records by kind.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = self.index.counts();
        let dict = PyDict::new(py);
        for (kind, count) in [
            ("functions", counts.functions),
            ("publics", counts.publics),
            ("lines", counts.lines),
            ("inlines", counts.inlines),
            ("files", counts.files),
            ("inline_origins", counts.origins),
            ("cfi", counts.cfi_inits),
            ("cfi_deltas", counts.cfi_deltas),
            ("stack_win", counts.wins),
            // As earlier versions called them.
            ("inline origins", counts.origins),
            ("cfi deltas", counts.cfi_deltas),
            ("stack win", counts.wins),
        ] {
            dict.set_item(kind, count)?;
        }
        Ok(dict)
    }

    /// Diagnostics of the text: kind, how many, the first line numbers.
    #[getter]
    fn diagnostics(&self) -> Vec<(&'static str, u64, Vec<u64>)> {
        self.index.diagnostics().iter().map(|d| (d.kind.name(), d.count, d.first_lines.clone())).collect()
    }

    /// Records that were discarded as malformed.
    #[getter]
    fn bad_records(&self) -> u64 {
        self.index.diagnostics().iter().filter(|d| d.kind.is_malformed()).map(|d| d.count).sum()
    }

    /// Functions, files and lines of many addresses relative to the module, in any order.
    fn lookup(&self, py: Python<'_>, addresses: Addresses) -> PyResult<Lookup> {
        let frames = detached(py, || {
            let mut frames = BatchFrames::default();
            self.index.frames_batch(&addresses.0, &mut frames);
            Ok(frames)
        })?;
        Ok(Lookup::new(Arc::clone(&self.index), frames))
    }

    fn __repr__(&self) -> String {
        match self.index.module() {
            Some(module) => format!("<SymbolFile {} {}>", module.name, module.id),
            None => "<SymbolFile without MODULE>".to_owned(),
        }
    }
}

/// Build the index of a symbol file and write it to a path.
#[pyfunction]
pub(crate) fn build_index(py: Python<'_>, sym_path: PathBuf, index_path: PathBuf) -> Result<(), Error> {
    detached(py, || {
        let symbols = |source| Error::Symbols { path: name(&sym_path), source };
        SymbolMap::open_or_build(&sym_path, &index_path).map_err(symbols)?;
        // `open_or_build` holds an index in memory where it cannot be written; here that is a failure.
        match SymbolMap::open(&sym_path, &index_path) {
            Ok(_) => Ok(()),
            Err(symbols::index::Error::Io { source, .. }) => Err(Error::Io { path: name(&index_path), source }),
            Err(other) => Err(symbols(other)),
        }
    })
}

/// The bytes of a file. They are copied: an index in memory outlives what becomes of the file.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = regular_file::open(path)?;
    let mut text = Vec::with_capacity(usize::try_from(file.metadata()?.len()).unwrap_or(0));
    file.read_to_end(&mut text)?;
    Ok(text)
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::Symbols { path: name(path), source: symbols::index::Error::Io { path: path.to_owned(), source } }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
