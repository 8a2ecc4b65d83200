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
    /// A file without bytes.
    #[error("empty file")]
    EmptyFile,
    /// It is of a known kind and has no crash. The text says why, or is empty.
    #[error("contains no crash{}", behind(.0))]
    NoCrash(String),
    /// Crashes that are left out because the reports of those before them have too many bytes.
    #[error("{left} of its {all} crashes are left out: the reports of the others have {bytes} bytes")]
    LeftOut {
        /// Crashes that are left out.
        left: usize,
        /// Crashes of the input.
        all: usize,
        /// Bytes of the reports.
        bytes: u64,
    },
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

fn behind(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {why}") }
}
