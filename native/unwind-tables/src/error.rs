//! What can be wrong with a stored form.

use std::io;

/// Why a stored form is not used. It is made again then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is another file, another version, or made from another state of the source.
    #[error("not the unwind tables of this file")]
    Foreign,
    /// It is truncated or overwritten.
    #[error("damaged unwind tables: {0}")]
    Damaged(&'static str),
}
