//! `DebugFile`: one build in a debug information file, and its conversion.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use debuginfo::formats::{FORMATS, Given};
use debuginfo::image::{Build, Kind};
use debuginfo::search;
use debuginfo::{Deadline, Release, Summary, Wanted};
use engine::FileRules;
use pyo3::prelude::*;
use symbols::index::{Bytes, Content, IndexBuilder, Stamp, Unfinished};
use symbols::{SymbolIndex, SymbolMap, atomic};
use unwind_tables::{Builder, Tables};
use vocabulary::{Arch, Os};

use crate::addresses::Addresses;
use crate::breakpad_text::{WithLines, code_line, write_rules};
use crate::deadline::in_seconds;
use crate::detach::{detached, interruptible};
use crate::error::Error;
use crate::symbol_file::SymbolFile;
use crate::unwind_tables::UnwindTables;

/// One build in a debug information file.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct DebugFile {
    file: Arc<search::DebugFile>,
    build: Build,
}

/// How many directory entries a search may visit: ten times as many as the symbols of a large system have.
const ENTRIES: usize = 2_000_000;
/// Bytes of a file of which few are read, one here and one there, and not kept in memory.
const HUGE: usize = 1 << 30;

#[pymethods]
impl DebugFile {
    #[getter]
    fn path(&self) -> &OsStr {
        self.file.path.as_os_str()
    }

    /// The name of the file, without folders.
    #[getter]
    fn name(&self) -> String {
        self.file.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    #[getter]
    fn debug_id(&self) -> Option<String> {
        self.build.debug_id.map(|id| id.to_string())
    }

    #[getter]
    fn code_id(&self) -> Option<&str> {
        self.build.code_id.as_deref()
    }

    #[getter]
    fn arch(&self) -> &'static str {
        self.build.arch
    }

    #[getter]
    fn kind(&self) -> &'static str {
        match self.build.kind {
            Kind::Image => "image",
            Kind::Debug => "debug",
            Kind::Part => "part",
            Kind::Other => "other",
        }
    }

    #[getter]
    fn kind_name(&self) -> &'static str {
        self.build.kind_name
    }

    /// The address that the linker gave its first byte.
    #[getter]
    fn base(&self) -> u64 {
        self.build.base
    }

    #[getter]
    fn format(&self) -> &'static str {
        self.file.format.name
    }

    #[getter]
    fn debug_info(&self) -> Option<&'static str> {
        self.build.debug_info
    }

    #[getter]
    fn has_symbols(&self) -> bool {
        self.build.has_symbols
    }

    #[getter]
    fn is_compressed(&self) -> bool {
        self.build.is_compressed
    }

    /// The unwind tables in it, by their usual names.
    #[getter]
    fn unwind_tables(&self) -> Vec<&'static str> {
        self.build.unwind.clone()
    }

    /// What distinguishes this index from any other that was made for the same id.
    #[pyo3(signature = (seconds=None))]
    fn version(&self, py: Python<'_>, seconds: Option<f64>) -> Result<String, Error> {
        let (file, build) = (&self.file, &self.build);
        let own = format!("{}.{:x}.{:x}.{:x}", debuginfo::VERSION, file.size, file.modified, build.offset);
        match detached(py, || self.companions_version(in_seconds(seconds)))? {
            Some(others) => Ok(format!("{own}.{others:x}")),
            None => Ok(own),
        }
    }

    /// How many other builds of its file are not read, because they are damaged or overlap others.
    #[getter]
    fn refused_builds(&self) -> u64 {
        self.file.refused
    }

    /// The same build, for which these files are opened as well: they may be parts of its debug information.
    fn with_parts(&self, paths: Vec<PathBuf>) -> Self {
        let file = search::DebugFile { parts: paths, ..(*self.file).clone() };
        Self { file: Arc::new(file), build: self.build.clone() }
    }

    /// The paths of the other files that have a part of its debug information, those that were found.
    fn parts(&self, py: Python<'_>) -> Result<Vec<OsString>, Error> {
        detached(py, || {
            let found = self.read(|bytes| self.file.companions(bytes, &self.build, Deadline::default()))?;
            Ok(found.paths().map(|path| path.as_os_str().to_owned()).collect())
        })
    }

    /// Index it in memory. Also what it lacks, as `convert` counts.
    fn open(&self, py: Python<'_>) -> Result<(SymbolFile, Lost), Error> {
        detached(py, || {
            let (records, summary) = self.records(Deadline::default())?;
            let symbols = SymbolFile::new(records.finish().into());
            Ok((symbols, lost(&summary)))
        })
    }

    /// Map the index of it in a file; make the file first if it is not there, or is for another state of the debug file, in so
    /// many seconds. In memory if the file cannot be written.
    #[pyo3(signature = (index_path, seconds=None))]
    fn open_or_build(&self, py: Python<'_>, index_path: PathBuf, seconds: Option<f64>) -> Result<SymbolFile, Error> {
        detached(py, || {
            let deadline = in_seconds(seconds);
            let mut proceed = || !deadline.is_over();
            let opened = SymbolIndex::open_packed(&index_path, self.stamp()).or_else(|_| {
                let records = || Ok(self.records(deadline).map_err(Failure::File)?.0);
                match SymbolIndex::create_packed(&index_path, self.stamp(), &mut proceed, records) {
                    Err(Failure::Target(_)) => {
                        let records = self.records(deadline)?.0;
                        records.finish_while(&mut proceed).ok_or_else(|| self.late())
                    }
                    Err(Failure::GivenUp) => Err(self.late()),
                    Err(Failure::File(error)) => Err(error),
                    Ok(index) => Ok(index),
                }
            });
            opened.map(|index| SymbolFile::new(SymbolMap::from(index)))
        })
    }

    /// Answers for these addresses, relative to the module: from the index in a file if it is there and for this state of the
    /// debug file; else from the parts of the debug file that they need, in memory.
    #[pyo3(signature = (addresses, index_path=None))]
    fn open_for(&self, py: Python<'_>, addresses: Addresses, index_path: Option<PathBuf>) -> Result<SymbolFile, Error> {
        let wanted = Wanted::new(addresses.0);
        detached(py, || {
            let stored = index_path.and_then(|path| SymbolIndex::open_packed(&path, self.stamp()).ok());
            let index = match stored {
                Some(index) => index,
                None => self.partial(&wanted, Deadline::default())?,
            };
            Ok(SymbolFile::new(SymbolMap::from(index)))
        })
    }

    /// Whether all of its symbols have inlined calls, for `open_part`. `None`: there is no part of it that is worth while.
    #[pyo3(signature = (seconds=None))]
    fn survey(&self, py: Python<'_>, seconds: Option<f64>) -> Result<Option<bool>, Error> {
        let survey = |bytes: &Bytes, given: Given<'_>| self.file.format.survey(bytes, &self.build, given);
        Ok(detached(py, || self.read_with(in_seconds(seconds), survey))?.map(|found| found.inlines))
    }

    /// Symbols that answer for these addresses, relative to the module, and all unwind rules among its records. `inlines` is
    /// what `survey` says.
    #[pyo3(signature = (addresses, inlines, seconds=None))]
    fn open_part(
        &self,
        py: Python<'_>,
        addresses: Vec<u64>,
        inlines: bool,
        seconds: Option<f64>,
    ) -> Result<SymbolFile, Error> {
        let wanted = Wanted::new(addresses).with_rules();
        detached(py, || {
            let index = self.partial(&wanted, in_seconds(seconds))?;
            let addresses = wanted.as_slice().to_vec();
            Ok(SymbolFile::new(SymbolMap::of_part(index, addresses, Content::Lines, Some(inlines))))
        })
    }

    /// Map the unwind tables of it in a file; make the file first if it is not there, or is for another state of the debug file, in
    /// so many seconds. In memory if the file cannot be written.
    #[pyo3(signature = (path, seconds=None))]
    fn open_or_build_unwind(&self, py: Python<'_>, path: PathBuf, seconds: Option<f64>) -> Result<UnwindTables, Error> {
        let build = || self.build_unwind(&path, in_seconds(seconds));
        let tables = detached(py, || Tables::open_file(&path, self.stamp()).or_else(|_| build()))?;
        Ok(UnwindTables::new(self.file.path.clone(), tables))
    }

    /// Map the unwind tables of it in a file, if they are there for this state of the debug file.
    fn stored_unwind(&self, py: Python<'_>, path: PathBuf) -> Result<Option<UnwindTables>, Error> {
        let tables = detached(py, || Ok(Tables::open_file(&path, self.stamp()).ok()))?;
        Ok(tables.map(|tables| UnwindTables::new(self.file.path.clone(), tables)))
    }

    /// Write it as Breakpad text into a file, which appears whole or not at all. How many parts of it could not be read, how
    /// many were left out, and how many are in files that were not found.
    #[pyo3(signature = (target, name = None, code = None, unwind = Vec::new()))]
    fn convert(
        &self,
        py: Python<'_>,
        target: PathBuf,
        name: Option<String>,
        code: Option<(String, String)>,
        unwind: Vec<Py<UnwindTables>>,
    ) -> Result<Lost, Error> {
        let tables = |file: &Py<UnwindTables>| match &file.get().rules {
            FileRules::Tables(tables) => Some(Arc::clone(tables)),
            FileRules::Records(_) => None,
        };
        let others = unwind.iter().filter_map(tables).collect();
        let text = Text { name: name.unwrap_or_else(|| self.name()), code, others };
        detached(py, || {
            let written = atomic::write(&target, |file| self.write_file(file, &text));
            written.map(|summary| lost(&summary)).map_err(|failure| match failure {
                Failure::File(error) => error,
                Failure::Target(source) => Error::Io { path: target.to_string_lossy().into_owned(), source },
                Failure::GivenUp => self.late(),
            })
        })
    }

    fn __repr__(&self) -> String {
        let id = self.build.debug_id.map_or_else(|| "without id".to_owned(), |id| id.to_string());
        format!("<DebugFile {} {} {id}>", self.file.path.display(), self.build.arch)
    }
}

/// How many parts of a build are damaged, exceed a limit, and are in files that were not found.
type Lost = (u64, u64, u64);

fn lost(summary: &Summary) -> Lost {
    (summary.broken, summary.excess, summary.missing)
}

/// What a Breakpad text has besides the records of its build.
struct Text {
    /// What the MODULE record calls the debug file.
    name: String,
    /// The code id and the name of the binary, where the build has none.
    code: Option<(String, String)>,
    /// Unwind tables of other files of the module.
    others: Vec<Arc<Tables>>,
}

/// Which side of a conversion failed.
enum Failure {
    File(Error),
    Target(io::Error),
    /// The time was over.
    GivenUp,
}

impl From<Unfinished> for Failure {
    fn from(error: Unfinished) -> Self {
        match error {
            Unfinished::GivenUp => Self::GivenUp,
            Unfinished::Unwritten(error) => Self::Target(error),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Target(error)
    }
}

impl DebugFile {
    fn write_file(&self, file: &File, text: &Text) -> Result<Summary, Failure> {
        let lines = text.code.as_ref().map(|(id, name)| code_line(id, name)).unwrap_or_default();
        let mut out = WithLines::new(BufWriter::with_capacity(1 << 20, file), lines);
        let written = self.read_with(Deadline::default(), |bytes, given| {
            let given = Given { name: &text.name, ..given };
            let summary = self.file.format.text(bytes, &self.build, given, &mut out)?;
            self.write_others(bytes, &text.others, &mut out)?;
            Ok(summary)
        });
        let summary = written.map_err(|error| match error {
            Error::DebugFile { source: debuginfo::Error::Io(source), .. } => Failure::Target(source),
            other => Failure::File(other),
        })?;
        out.flush()?;
        // With the time of its source: an index is checked against it, and texts that two processes made are equal.
        let modified = SystemTime::UNIX_EPOCH + Duration::from_nanos(self.stamp().modified);
        file.set_modified(modified)?;
        Ok(summary)
    }

    /// Write the unwind rules of other files of the module, for functions that this build and the files before have none for.
    fn write_others(
        &self,
        bytes: &[u8],
        others: &[Arc<Tables>],
        out: &mut impl io::Write,
    ) -> Result<(), debuginfo::Error> {
        if others.is_empty() {
            return Ok(());
        }
        let own = self.file.format.unwind_tables(bytes, &self.build)?;
        let own = own.and_then(|builder| builder.open(self.stamp()).ok());
        let mut there: Vec<&Tables> = own.iter().collect();
        for tables in others {
            write_rules(tables, &there, out)?;
            there.push(tables);
        }
        Ok(())
    }

    fn records(&self, deadline: Deadline) -> Result<(IndexBuilder, Summary), Error> {
        self.read_with(deadline, |bytes, given| self.file.format.index(bytes, &self.build, given))
    }

    /// The index of what some addresses need, in memory.
    fn partial(&self, wanted: &Wanted, deadline: Deadline) -> Result<SymbolIndex, Error> {
        let partial = |bytes: &Bytes, given: Given<'_>| {
            if bytes.len() >= HUGE {
                bytes.expect_few_reads();
            }
            self.file.format.partial(bytes, &self.build, given, wanted)
        };
        Ok(self.read_with(deadline, partial)?.0.finish())
    }

    fn build_unwind(&self, path: &Path, deadline: Deadline) -> Result<Tables, Error> {
        let in_time = || if deadline.is_over() { Err(debuginfo::Error::TimeIsOver) } else { Ok(()) };
        self.read(|bytes| {
            in_time()?;
            let found = self.file.format.unwind_tables(bytes, &self.build)?;
            in_time()?;
            let builder = found.unwrap_or_else(|| Builder::new(Arch::Amd64, Os::Unknown, 0));
            let written = builder.create(path, self.stamp()).ok();
            let opened = written.and_then(|()| Tables::open_file(path, self.stamp()).ok());
            opened
                .map_or_else(|| builder.open(self.stamp()), Ok)
                .map_err(|error| debuginfo::Error::Io(io::Error::other(error)))
        })
    }

    /// Read the build with the other files that have a part of its debug information.
    fn read_with<T>(
        &self,
        deadline: Deadline,
        read: impl FnOnce(&Bytes, Given<'_>) -> Result<T, debuginfo::Error>,
    ) -> Result<T, Error> {
        let name = self.name();
        self.read(|bytes| {
            let found = self.file.companions(bytes, &self.build, deadline)?;
            let release = |part: &[u8]| bytes.release(part);
            // What a smaller file leaves in memory is little, and mapping it again takes time.
            let release = if bytes.len() < HUGE { Release::default() } else { Release::new(&release) };
            read(bytes, Given { name: &name, companions: found.companions(), release, deadline })
        })
    }

    /// A number for the other files that have a part of its debug information, as they are now; `None` without any.
    fn companions_version(&self, deadline: Deadline) -> Result<Option<u64>, Error> {
        let found = match self.read(|bytes| self.file.companions(bytes, &self.build, deadline)) {
            Ok(found) => found,
            Err(late @ Error::DebugFile { source: debuginfo::Error::TimeIsOver, .. }) => return Err(late),
            Err(_) => return Ok(None),
        };
        let mut hasher = DefaultHasher::new();
        let mut some = false;
        for path in found.paths() {
            let Ok(about) = path.metadata() else { return Ok(None) };
            (path, about.len(), about.modified().ok()).hash(&mut hasher);
            some = true;
        }
        Ok(some.then(|| hasher.finish()))
    }

    /// The error that the time for it is over.
    fn late(&self) -> Error {
        wrong(&self.file.path, debuginfo::Error::TimeIsOver)
    }

    /// Map the file and read its build, if the file has not changed since it was opened.
    fn read<T>(&self, read: impl FnOnce(&Bytes) -> Result<T, debuginfo::Error>) -> Result<T, Error> {
        let path = &self.file.path;
        let bytes = Bytes::open(path).map_err(|source| Error::Symbols {
            path: name(path),
            source: symbols::index::Error::Io { path: path.clone(), source },
        })?;
        let is_same = bytes.len() as u64 == self.file.size
            && self.file.format.builds(&bytes).is_ok_and(|builds| builds.list.contains(&self.build));
        if !is_same {
            return Err(Error::Changed { path: name(path) });
        }
        read(&bytes).map_err(|source| wrong(path, source))
    }

    /// The size and time of the file, which its index records.
    fn stamp(&self) -> Stamp {
        Stamp { size: self.file.size, modified: u64::try_from(self.file.modified).unwrap_or(0) }
    }
}

/// The name of a file's format; `None` if the format is not supported, or the file cannot be read.
#[pyfunction]
pub(crate) fn debug_file_format(py: Python<'_>, path: PathBuf) -> Result<Option<&'static str>, Error> {
    let found = detached(py, || Ok(search::recognise(&path).ok().flatten()))?;
    Ok(found.map(|format| format.name))
}

/// The name of the format that a file with these first bytes has; `None` if the format is not supported.
#[pyfunction]
pub(crate) fn debug_format_of(head: &[u8]) -> Option<&'static str> {
    debuginfo::formats::recognise(head).map(|format| format.name)
}

/// The names of the supported formats.
#[pyfunction]
pub(crate) fn debug_file_formats() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).collect()
}

/// The builds in a file; empty if its format is not supported.
#[pyfunction]
pub(crate) fn debug_files(py: Python<'_>, path: PathBuf) -> Result<Vec<DebugFile>, Error> {
    let found = detached(py, || search::look_at(&path).map_err(|source| wrong(&path, source)))?;
    Ok(found.into_iter().flat_map(builds).collect())
}

/// The builds in all files below a folder; the files that cannot be read, each with its reason; whether the folder has more
/// entries than were visited; and whether it was seen to have nothing but symbol files in text.
#[pyfunction]
pub(crate) fn find_debug_files(py: Python<'_>, folder: PathBuf) -> Result<FoundFiles, Error> {
    let found = interruptible(py, |proceed| {
        search::search(&folder, ENTRIES, proceed).map_err(|error| Error::Argument(error.to_string()))
    })?;
    let refused = found.refused.into_iter().map(|(path, error)| (path.into_os_string(), reason(&error))).collect();
    Ok((found.files.into_iter().flat_map(builds).collect(), refused, found.cut, found.only_texts))
}

type FoundFiles = (Vec<DebugFile>, Vec<(OsString, String)>, bool, bool);

/// Why a file cannot be read, as Python names errors of the system: without their number.
fn reason(error: &debuginfo::Error) -> String {
    match error {
        debuginfo::Error::Io(source) if source.kind() == io::ErrorKind::PermissionDenied => {
            "permission denied".to_owned()
        }
        other => other.to_string(),
    }
}

fn builds(file: search::DebugFile) -> Vec<DebugFile> {
    let file = Arc::new(file);
    file.builds.iter().map(|build| DebugFile { file: Arc::clone(&file), build: build.clone() }).collect()
}

fn wrong(path: &Path, source: debuginfo::Error) -> Error {
    Error::DebugFile { path: name(path), source }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
