//! One input as a caller gives it: bytes, or a file to read.

use std::fs;
use std::io::{self, Read};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::pybacked::PyBackedBytes;

use symbols::index::Bytes;

use crate::error::Error;

/// A file of so many bytes is mapped.
const MAPPED_BYTES: u64 = 16 << 20;

/// An input: its name, which is its path if there are no bytes.
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    pub(crate) data: Option<Arc<PyBackedBytes>>,
    /// The files that belong to the crash, if the data are an App Center log and then the bytes of these files.
    pub(crate) files: Option<Vec<File>>,
}

/// A file that belongs to a crash: id, file name, media type, how many bytes of it there are.
pub(crate) type File = (Option<String>, Option<String>, Option<String>, Option<usize>);

impl Input {
    /// What to call it.
    pub(crate) fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Its bytes. A small file is read whole: it may still be growing, or be cut while it is read. A large one is mapped:
    /// of a dump with all memory of a process a report needs the stacks.
    pub(crate) fn bytes(&self) -> Result<Held<'_>, Error> {
        let held = match &self.data {
            Some(data) => Held::Given(data),
            None => self.read().map_err(|source| Error::Input { input: self.name(), source })?,
        };
        if held.is_empty() { Err(Error::Empty { input: self.name() }) } else { Ok(held) }
    }

    fn read(&self) -> io::Result<Held<'_>> {
        let mut file = fs::File::open(&self.path)?;
        let metadata = file.metadata()?;
        if metadata.is_file() && metadata.len() >= MAPPED_BYTES {
            return Bytes::of(&file).map(Held::File);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        file.read_to_end(&mut bytes)?;
        Ok(Held::File(Bytes::Owned(bytes)))
    }
}

/// The bytes of an input.
pub(crate) enum Held<'a> {
    /// Python's.
    Given(&'a [u8]),
    /// Of a file.
    File(Bytes),
}

impl Held<'_> {
    /// Bytes that live as long as they are needed.
    pub(crate) fn into_shared(self) -> inputs::Bytes {
        match self {
            Self::Given(bytes) => bytes.into(),
            Self::File(Bytes::Owned(bytes)) => bytes.into(),
            Self::File(mapped) => inputs::Bytes::shared(Mapped(mapped)),
        }
    }
}

impl Deref for Held<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Given(bytes) => bytes,
            Self::File(bytes) => bytes,
        }
    }
}

struct Mapped(Bytes);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
