//! Errors that concern a file as a whole.

use symbols::index::Unfinished;

/// Why a file cannot be converted. Damage of a part of it is counted in [`crate::Summary`] instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is cut or damaged.
    #[error("{what} at offset {offset:#x}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
        /// Where in the file.
        offset: u64,
    },
    /// The file is valid, but of a kind that is not supported.
    #[error("{0}")]
    Unsupported(&'static str),
    /// Parts of the file are needed that are not there yet.
    #[error("parts of the file are not there")]
    Incomplete,
    /// The time in which it was to be read is over.
    #[error("the time for it is over")]
    TimeIsOver,
    /// The file could not be read, or the records not be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl From<Unfinished> for Error {
    fn from(error: Unfinished) -> Self {
        match error {
            Unfinished::GivenUp => Self::TimeIsOver,
            Unfinished::Unwritten(source) => Self::Io(source),
        }
    }
}
