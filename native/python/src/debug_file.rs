//! `DebugFile`: one build in a debug information file, and its conversion.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use debuginfo::macho::{self, Kind, Slice};
use debuginfo::search;
use pyo3::prelude::*;
use symbols::SymbolMap;
use symbols::{atomic, index::Bytes};

use crate::detach::detached;
use crate::error::Error;
use crate::symbol_file::SymbolFile;

/// One build in a debug information file.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct DebugFile {
    file: Arc<search::DebugFile>,
    slice: Slice,
}

/// How many names are looked at in a folder: ten times what the symbols of a large system come to.
const ENTRIES: usize = 2_000_000;

#[pymethods]
impl DebugFile {
    #[getter]
    fn path(&self) -> &OsStr {
        self.file.path.as_os_str()
    }

    /// The file's name, which is the image's.
    #[getter]
    fn name(&self) -> String {
        self.file.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    #[getter]
    fn debug_id(&self) -> Option<String> {
        self.slice.debug_id.map(|id| id.to_string())
    }

    #[getter]
    fn arch(&self) -> &'static str {
        self.slice.arch
    }

    #[getter]
    fn kind(&self) -> &'static str {
        match self.slice.kind {
            Kind::Image => "image",
            Kind::Dsym => "dSYM",
            Kind::Other => "other",
        }
    }

    #[getter]
    fn has_dwarf(&self) -> bool {
        self.slice.has_dwarf
    }

    #[getter]
    fn has_symbols(&self) -> bool {
        self.slice.has_symbols
    }

    /// What tells this text from any other that was converted for the same id.
    #[getter]
    fn version(&self) -> String {
        let (file, slice) = (&self.file, &self.slice);
        format!("{}.{:x}.{:x}.{:x}", debuginfo::VERSION, file.size, file.modified, slice.offset)
    }

    /// How many other slices of its file are not read, because they are damaged or overlap others.
    #[getter]
    fn refused_slices(&self) -> u64 {
        self.file.refused
    }

    /// Convert into memory, and index that. With what of the input could not be read, and what was left out.
    fn open(&self, py: Python<'_>) -> Result<(SymbolFile, (u64, u64)), Error> {
        detached(py, || {
            let mut text = Vec::new();
            let summary = self.write(&mut text)?;
            Ok((SymbolFile::new(SymbolMap::from_text(text)), (summary.broken, summary.excess)))
        })
    }

    /// Convert into a file, which appears whole or not at all. What of the input could not be read, and what was left
    /// out.
    fn convert(&self, py: Python<'_>, target: PathBuf) -> Result<(u64, u64), Error> {
        detached(py, || {
            let written = atomic::write(&target, |file| self.write_file(file));
            written.map(|summary| (summary.broken, summary.excess)).map_err(|failure| match failure {
                Failure::File(error) => error,
                Failure::Target(source) => Error::Io { path: target.to_string_lossy().into_owned(), source },
            })
        })
    }

    fn __repr__(&self) -> String {
        let id = self.slice.debug_id.map_or_else(|| "without id".to_owned(), |id| id.to_string());
        format!("<DebugFile {} {} {id}>", self.file.path.display(), self.slice.arch)
    }
}

/// Which side of a conversion failed.
enum Failure {
    File(Error),
    Target(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Target(error)
    }
}

impl DebugFile {
    fn write_file(&self, file: &File) -> Result<debuginfo::Summary, Failure> {
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let summary = self.write(&mut out).map_err(|error| match error {
            Error::DebugFile { source: debuginfo::Error::Io(source), .. } => Failure::Target(source),
            other => Failure::File(other),
        })?;
        out.flush()?;
        // With the time of its source: an index knows its text by it, and texts that two processes made are the same.
        let nanos = u64::try_from(self.file.modified).unwrap_or(0);
        let modified = SystemTime::UNIX_EPOCH + std::time::Duration::from_nanos(nanos);
        file.set_modified(modified)?;
        Ok(summary)
    }

    fn write(&self, out: &mut impl io::Write) -> Result<debuginfo::Summary, Error> {
        let wrong = |source| wrong(&self.file.path, source);
        let bytes = File::open(&self.file.path).and_then(|file| Bytes::of(&file)).map_err(|source| Error::Symbols {
            path: name(&self.file.path),
            source: symbols::index::Error::Io { path: self.file.path.clone(), source },
        })?;
        let image = macho::image(&bytes, &self.slice).map_err(wrong)?;
        if image.debug_id != self.slice.debug_id || bytes.len() as u64 != self.file.size {
            return Err(Error::Changed { path: name(&self.file.path) });
        }
        debuginfo::convert(&image, &self.name(), out).map_err(wrong)
    }
}

/// The builds in a file; none if it is of no kind that is read.
#[pyfunction]
pub(crate) fn debug_files(py: Python<'_>, path: PathBuf) -> Result<Vec<DebugFile>, Error> {
    let found = detached(py, || search::look_at(&path).map_err(|source| wrong(&path, source)))?;
    Ok(found.into_iter().flat_map(builds).collect())
}

/// The builds in all files below a folder, and whether there was more in it than was looked at.
#[pyfunction]
pub(crate) fn find_debug_files(py: Python<'_>, folder: PathBuf) -> Result<(Vec<DebugFile>, bool), Error> {
    let found = detached(py, || Ok(search::search(&folder, ENTRIES)))?;
    Ok((found.files.into_iter().flat_map(builds).collect(), found.cut))
}

fn builds(file: search::DebugFile) -> Vec<DebugFile> {
    let file = Arc::new(file);
    file.slices.iter().map(|&slice| DebugFile { file: Arc::clone(&file), slice }).collect()
}

fn wrong(path: &Path, source: debuginfo::Error) -> Error {
    Error::DebugFile { path: name(path), source }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
