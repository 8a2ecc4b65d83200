//! Maps every native error to an exception of `symbolicate.errors`.

use std::io;

use engine::{InputError, system_reason};
use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyTimeoutError, PyValueError};

mod python {
    //! The exception classes, which are defined in Python.
    use pyo3::import_exception;

    import_exception!(symbolicate.errors, ArchiveLimitError);
    import_exception!(symbolicate.errors, EmptyInputError);
    import_exception!(symbolicate.errors, EngineError);
    import_exception!(symbolicate.errors, InputError);
    import_exception!(symbolicate.errors, InputIsDirectoryError);
    import_exception!(symbolicate.errors, InputNotFoundError);
    import_exception!(symbolicate.errors, InputUnreadableError);
    import_exception!(symbolicate.errors, NotACrashError);
    import_exception!(symbolicate.errors, SymbolFileError);
}

/// The errors of a call. `input` is the name of the input concerned.
#[derive(Debug)]
pub(crate) enum Error {
    /// An input, or one crash of it, cannot be processed.
    Input { input: String, source: InputError },
    /// Worker threads cannot be started.
    Workers(engine::Error),
    /// A symbol file cannot be read.
    Symbols { path: String, source: symbols::index::Error },
    /// A debug information file cannot be read or converted.
    DebugFile { path: String, source: debuginfo::Error },
    /// A file has changed since it was opened.
    Changed { path: String },
    /// A file other than a dump cannot be read or written.
    Io { path: String, source: io::Error },
    /// An archive exceeds a limit while it is extracted.
    ArchiveLimit(io::Error),
    /// The rows of a run cannot be written.
    Corpus(corpus::Error),
    /// A table cannot be filled, encoded or joined.
    Table(table::Error),
    /// An argument is invalid.
    Argument(String),
    /// An exception that Python raised meanwhile, such as `KeyboardInterrupt`.
    Raised(PyErr),
    /// A bug outside of the processing of a dump.
    Panic(String),
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Input { input, source } => input_error(input, &source),
            Error::Workers(error) => PyValueError::new_err(error.to_string()),
            Error::Symbols { path, source } => match source {
                symbols::index::Error::Io { source, .. } => {
                    python::SymbolFileError::new_err(format!("{path}: {}", system_reason(&source)))
                }
                symbols::index::Error::GivenUp => PyTimeoutError::new_err(format!("{path}: {source}")),
                other => python::SymbolFileError::new_err(format!("{path}: {other}")),
            },
            Error::DebugFile { path, source: debuginfo::Error::Io(source) } => {
                python::SymbolFileError::new_err(format!("{path}: {}", system_reason(&source)))
            }
            Error::DebugFile { path, source: source @ debuginfo::Error::TimeIsOver } => {
                PyTimeoutError::new_err(format!("{path}: {source}"))
            }
            Error::DebugFile { path, source } => python::SymbolFileError::new_err(format!("{path}: {source}")),
            Error::Changed { path } => python::SymbolFileError::new_err(format!("{path}: changed while it was read")),
            Error::Io { path, source } => PyOSError::new_err((source.raw_os_error(), system_reason(&source), path)),
            Error::ArchiveLimit(source) => python::ArchiveLimitError::new_err(source.to_string()),
            Error::Corpus(corpus::Error::Io { path, source })
            | Error::Corpus(corpus::Error::Table(table::Error::Io { path, source }))
            | Error::Table(table::Error::Io { path, source }) => {
                PyOSError::new_err((source.raw_os_error(), system_reason(&source), path))
            }
            Error::Corpus(corpus::Error::Table(error)) | Error::Table(error) => {
                PyValueError::new_err(error.to_string())
            }
            Error::Raised(error) => error,
            Error::Argument(message) => PyValueError::new_err(message),
            Error::Panic(message) => python::EngineError::new_err((format!("internal error: {message}"), "<engine>")),
        }
    }
}

/// The exception of an input's error.
fn input_error(input: String, error: &InputError) -> PyErr {
    let (kind, message) = error.described();
    match kind {
        "EmptyInput" => python::EmptyInputError::new_err((message, input)),
        "InputIsDirectory" => python::InputIsDirectoryError::new_err((message, input)),
        "InputNotFound" => python::InputNotFoundError::new_err((message, input)),
        "InputUnreadable" => python::InputUnreadableError::new_err((message, input)),
        "NotACrash" => python::NotACrashError::new_err((message, input)),
        "Engine" => python::EngineError::new_err((message, input)),
        _ => python::InputError::new_err((message, input)),
    }
}
