//! Why an index cannot be used.

use std::path::PathBuf;

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
    /// The caller gave up while a text was read.
    #[error("given up while it was read")]
    GivenUp,
    /// The index file belongs to another text.
    #[error("symbol index is for another text: {0} differs")]
    Foreign(&'static str),
}
