//! Errors that concern a file as a whole.

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
    /// The file could not be read, or the records not be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
