//! Where the bytes of an input come from: a file, or memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use inputs::{AttachedFile, Bytes, Container};

use super::InputError;

/// A file of at least this size is mapped.
const MAPPED_BYTES: u64 = 16 << 20;

/// A file to read, or bytes under a name.
pub struct Source {
    path: PathBuf,
    data: Option<Bytes>,
    /// The files of a crash whose App Center log is `data`.
    files: Option<Vec<AttachedFile>>,
}

impl Source {
    /// A file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), data: None, files: None }
    }

    /// Bytes, and what to call them.
    pub fn bytes_named(name: impl Into<PathBuf>, data: impl Into<Bytes>) -> Self {
        Self { path: name.into(), data: Some(data.into()), files: None }
    }

    /// An App Center log, what to call it, and the files that belong to its crash.
    pub fn log(name: impl Into<PathBuf>, log: impl Into<Bytes>, files: Vec<AttachedFile>) -> Self {
        Self { path: name.into(), data: Some(log.into()), files: Some(files) }
    }

    /// What to call it.
    pub(super) fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Its bytes. A small file is read whole: it may still be growing, or be cut while it is read. A large one is mapped:
    /// of a dump with all memory of a process a report needs the stacks.
    pub(super) fn bytes(&self) -> Result<Bytes, InputError> {
        let bytes = match &self.data {
            Some(data) => data.clone(),
            None => self.read().map_err(InputError::Unreadable)?,
        };
        if bytes.is_empty() { Err(InputError::Empty) } else { Ok(bytes) }
    }

    fn read(&self) -> io::Result<Bytes> {
        let mut file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        if metadata.is_file() && metadata.len() >= MAPPED_BYTES {
            return symbols::index::Bytes::of(&file).map(|bytes| Bytes::shared(Mapped(bytes)));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        file.read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }

    /// The size of an input that is not a minidump, and its crashes.
    pub(super) fn container(&self) -> Result<(u64, Container), InputError> {
        let (size, container) = match (&self.data, &self.files) {
            (Some(log), Some(files)) => {
                let sizes = files.iter().filter_map(|file| file.data.as_ref()).map(|data| data.len() as u64);
                (log.len() as u64 + sizes.sum::<u64>(), Container::of_log(log.clone(), files.clone()))
            }
            _ => {
                let bytes = self.bytes()?;
                (bytes.len() as u64, Container::open(bytes))
            }
        };
        Ok((size, container.map_err(InputError::Refused)?))
    }

    /// The size of an input that is a minidump; `None` for others.
    pub(super) fn dump_size(&self) -> io::Result<Option<u64>> {
        if self.files.is_some() {
            return Ok(None);
        }
        let is_dump = |head: &[u8]| matches!(head, b"MDMP" | b"PMDM");
        if let Some(data) = &self.data {
            return Ok(data.get(..4).filter(|head| is_dump(head)).map(|_| data.len() as u64));
        }
        let mut file = File::open(&self.path)?;
        let mut head = Vec::with_capacity(4);
        file.by_ref().take(4).read_to_end(&mut head)?;
        Ok(if is_dump(&head) { Some(file.metadata()?.len()) } else { None })
    }
}

struct Mapped(symbols::index::Bytes);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
