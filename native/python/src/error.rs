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

/// What can go wrong in a call. `input` is the name of the input concerned.
#[derive(Debug)]
pub(crate) enum Error {
    /// A crash cannot be processed. `place` says which of several in the input.
    Engine { input: String, place: Option<String>, source: engine::Error },
    /// An input is no crash.
    Refused { input: String, source: inputs::Error },
    /// One crash of an input cannot be read.
    Crash { input: String, place: Option<String>, source: inputs::Error },
    /// An input has no bytes.
    Empty { input: String },
    /// An input's file cannot be read.
    Input { input: String, source: io::Error },
    /// A symbol file cannot be read.
    Symbols { path: String, source: symbols::index::Error },
    /// A debug information file cannot be read or converted.
    DebugFile { path: String, source: debuginfo::Error },
    /// A file is not the one it was when it was looked at.
    Changed { path: String },
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
            Error::Engine { input, place, source: engine::Error::Dump(e) } => {
                python::NotACrashError::new_err((placed(place, &e.to_string()), input))
            }
            Error::Engine { input, place, source } => {
                python::EngineError::new_err((placed(place, &source.to_string()), input))
            }
            Error::Refused { input, source: inputs::Error::Empty } => {
                python::EmptyInputError::new_err(("empty input", input))
            }
            Error::Refused { input, source } => python::NotACrashError::new_err((source.to_string(), input)),
            Error::Crash { input, place, source } => {
                let message = source.to_string();
                // What names the log itself says more than its number among the crashes.
                let place = place.filter(|_| !message.starts_with("logs["));
                python::NotACrashError::new_err((placed(place, &message), input))
            }
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
            Error::DebugFile { path, source: debuginfo::Error::Io(source) } => {
                python::SymbolFileError::new_err(format!("{path}: {}", reason(&source)))
            }
            Error::DebugFile { path, source } => python::SymbolFileError::new_err(format!("{path}: {source}")),
            Error::Changed { path } => python::SymbolFileError::new_err(format!("{path}: changed while it was read")),
            Error::Io { path, source } => PyOSError::new_err((source.raw_os_error(), reason(&source), path)),
            Error::Argument(message) => PyValueError::new_err(message),
            Error::Panic(message) => python::EngineError::new_err((format!("internal error: {message}"), "<engine>")),
        }
    }
}

fn placed(place: Option<String>, message: &str) -> String {
    place.map_or_else(|| message.to_owned(), |place| format!("{place}: {message}"))
}

/// What the system said, without the number that Rust puts behind it.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
