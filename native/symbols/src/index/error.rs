//! Why an index cannot be used.

use std::path::PathBuf;

/// Why an index was not made.
#[derive(Debug)]
pub enum Unfinished {
    /// The caller gave up.
    GivenUp,
    /// It could not be written.
    Unwritten(std::io::Error),
}

impl From<std::io::Error> for Unfinished {
    fn from(error: std::io::Error) -> Self {
        Self::Unwritten(error)
    }
}

/// Why an index could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is not an index, of another version, cut or damaged.
    #[error("symbol index: {0}")]
    Damaged(&'static str),
    /// The caller gave up while a text was read, or its index was made.
    #[error("given up while it was read")]
    GivenUp,
    /// The index file belongs to another text.
    #[error("symbol index is for another text: {0} differs")]
    Foreign(&'static str),
}
