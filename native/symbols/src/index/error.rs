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
        /// What the system said.
        source: std::io::Error,
    },
    /// The index file is not one of ours, of another version, cut or damaged.
    #[error("symbol index: {0}")]
    Damaged(&'static str),
    /// The index file belongs to another text.
    #[error("symbol index is for another text: {0} differs")]
    Foreign(&'static str),
}
