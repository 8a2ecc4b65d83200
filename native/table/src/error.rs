//! Why there is no row, table or file.

use std::io;
use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document of a report is not JSON.
    #[error("not the JSON document of a report: {0}")]
    Document(String),
    /// A builder has as many rows or bytes as it may.
    #[error("the table is full: {0}")]
    Full(String),
    /// Arrow arrays that do not belong together: a bug.
    #[error("columns that do not fit: {0}")]
    Columns(#[from] arrow_schema::ArrowError),
    /// A table could not be written as Parquet.
    #[error("cannot write Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// A file that is to be joined is not a table, damaged, or of another version.
    #[error("{}: {message}", path.display())]
    Part {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
