//! Why there are no rows.

use std::io;
use std::path::{Path, PathBuf};

/// An error of this crate. What is wrong with an input is a row.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file of rows could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A table could not be made.
    #[error(transparent)]
    Table(#[from] table::Error),
}

impl Error {
    pub(crate) fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
