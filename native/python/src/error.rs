//! The one map from what goes wrong natively to the exceptions of `symbolicate.errors`.

use std::io;

use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyValueError};

mod python {
    //! The exception classes, which are defined in Python.
    use pyo3::import_exception;

    import_exception!(symbolicate.errors, EmptyInputError);
    import_exception!(symbolicate.errors, EngineError);
    import_exception!(symbolicate.errors, InputIsDirectoryError);
    import_exception!(symbolicate.errors, InputNotFoundError);
    import_exception!(symbolicate.errors, InputUnreadableError);
    import_exception!(symbolicate.errors, NotACrashError);
    import_exception!(symbolicate.errors, SymbolFileError);
}

/// What can go wrong in a call. `input` is the name of the dump concerned.
#[derive(Debug)]
pub(crate) enum Error {
    /// A dump cannot be processed.
    Engine { input: String, source: engine::Error },
    /// A dump has no bytes.
    Empty { input: String },
    /// A dump's file cannot be read.
    Input { input: String, source: io::Error },
    /// A symbol file cannot be read.
    Symbols { path: String, source: symbols::index::Error },
    /// A file other than a dump cannot be read or written.
    Io { path: String, source: io::Error },
    /// An argument is not what it may be.
    Argument(String),
    /// A fault of ours outside of any dump's processing.
    Panic(String),
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Engine { input, source: engine::Error::Dump(e) } => {
                python::NotACrashError::new_err((e.to_string(), input))
            }
            Error::Engine { input, source } => python::EngineError::new_err((source.to_string(), input)),
            Error::Empty { input } => python::EmptyInputError::new_err(("empty input", input)),
            Error::Input { input, source } => match source.kind() {
                io::ErrorKind::NotFound => python::InputNotFoundError::new_err(("no such file", input)),
                io::ErrorKind::IsADirectory => {
                    python::InputIsDirectoryError::new_err(("is a directory, not a file", input))
                }
                _ => python::InputUnreadableError::new_err((reason(&source), input)),
            },
            Error::Symbols { path, source } => match source {
                symbols::index::Error::Io { source, .. } => {
                    python::SymbolFileError::new_err(format!("{path}: {}", reason(&source)))
                }
                other => python::SymbolFileError::new_err(format!("{path}: {other}")),
            },
            Error::Io { path, source } => PyOSError::new_err((source.raw_os_error(), reason(&source), path)),
            Error::Argument(message) => PyValueError::new_err(message),
            Error::Panic(message) => python::EngineError::new_err((format!("internal error: {message}"), "<engine>")),
        }
    }
}

/// What the system said, without the number that Rust puts behind it.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
