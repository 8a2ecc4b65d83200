//! Why a crash of an input has no report.

use std::io;

/// The errors of an input. `position` is which of several crashes is concerned.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(io::Error),
    /// There are no bytes.
    #[error("empty input")]
    Empty,
    /// It is not a crash of any kind.
    #[error(transparent)]
    Refused(inputs::Error),
    /// One crash cannot be decoded.
    #[error("{}{source}", prefix(.position))]
    Crash {
        /// `crash 2 of 3`; `None` for the only one.
        position: Option<String>,
        /// Why.
        source: inputs::Error,
    },
    /// One crash cannot be processed.
    #[error("{}{source}", prefix(.position))]
    Engine {
        /// `crash 2 of 3`; `None` for the only one.
        position: Option<String>,
        /// Why.
        source: crate::session::Error,
    },
}

fn prefix(position: &Option<String>) -> String {
    position.as_ref().map_or_else(String::new, |position| format!("{position}: "))
}
