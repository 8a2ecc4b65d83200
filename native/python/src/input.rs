//! One input as a caller gives it: bytes, or a file to read.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::pybacked::PyBackedBytes;

use crate::error::Error;

/// An input: its name, which is its path if there are no bytes.
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    pub(crate) data: Option<Arc<PyBackedBytes>>,
}

impl Input {
    /// What to call it.
    pub(crate) fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Its bytes. A file is read whole rather than mapped: a dump may still be growing, or be cut while it is read.
    pub(crate) fn bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        let bytes = match &self.data {
            Some(data) => Cow::Borrowed(&***data),
            None => {
                Cow::Owned(std::fs::read(&self.path).map_err(|source| Error::Input { input: self.name(), source })?)
            }
        };
        if bytes.is_empty() { Err(Error::Empty { input: self.name() }) } else { Ok(bytes) }
    }
}
