//! Where the bytes of an input come from: a file, or memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use inputs::{AttachedFile, Bytes, Container};
use minidump::DumpFile;

use super::InputError;

/// A dump of at least this size is read on demand: of one with all memory of a process a report needs the stacks.
const ON_DEMAND_BYTES: u64 = 1 << 20;
/// Of a file of at least this size the beginning is looked at before all of it is read.
const LARGE_BYTES: u64 = 16 << 20;
/// A file of at most this size is read at once, before it is known whether it is a dump.
const FIRST_BYTES: u64 = 64 << 10;
/// Bytes of the beginning of a file.
const HEAD_BYTES: u64 = 64 << 10;

/// The bytes of a dump.
pub(super) enum DumpBytes {
    /// In memory.
    Memory(Bytes),
    /// In a file that is read on demand.
    File(DumpFile),
}

/// A minidump that was recognised.
pub(super) struct FoundDump {
    /// Bytes of the file.
    pub(super) size: u64,
    /// The content of a small file.
    pub(super) read: Option<Bytes>,
}

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

    /// The problem of a file that is visible before any byte is read. What is no regular file may have no end, and reading it may
    /// wait for another program.
    pub(crate) fn check(&self) -> Result<(), InputError> {
        if self.data.is_some() {
            return Ok(());
        }
        let metadata = std::fs::metadata(&self.path).map_err(InputError::Unreadable)?;
        match metadata.file_type() {
            kind if kind.is_dir() => Err(InputError::Unreadable(io::ErrorKind::IsADirectory.into())),
            kind if !kind.is_file() => Err(InputError::Unreadable(io::Error::other("is not a regular file"))),
            _ if metadata.len() == 0 => Err(InputError::EmptyFile),
            _ => Ok(()),
        }
    }

    /// What to call it.
    pub(crate) fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// The bytes of a minidump. A small file is read whole.
    pub(super) fn dump(&self) -> Result<DumpBytes, InputError> {
        if self.data.is_none() {
            let file = File::open(&self.path).map_err(InputError::Unreadable)?;
            let metadata = file.metadata().map_err(InputError::Unreadable)?;
            if metadata.is_file() && metadata.len() >= ON_DEMAND_BYTES {
                return DumpFile::new(file).map(DumpBytes::File).map_err(InputError::Unreadable);
            }
        }
        self.bytes().map(DumpBytes::Memory)
    }

    /// All its bytes. They are copied, because a mapped file that is truncated ends the process that reads it. A file that is
    /// too large for every kind of input is refused by its size and its beginning.
    fn bytes(&self) -> Result<Bytes, InputError> {
        let bytes = match &self.data {
            Some(data) => data.clone(),
            None => self.read()?,
        };
        if bytes.is_empty() { Err(InputError::Empty) } else { Ok(bytes) }
    }

    fn read(&self) -> Result<Bytes, InputError> {
        let mut file = File::open(&self.path).map_err(InputError::Unreadable)?;
        let size = file.metadata().map_err(InputError::Unreadable)?.len();
        let mut bytes = Vec::new();
        if size >= LARGE_BYTES {
            file.by_ref().take(HEAD_BYTES).read_to_end(&mut bytes).map_err(InputError::Unreadable)?;
            if let Some(refused) = Container::refused_by_size(&bytes, size) {
                return Err(InputError::Refused(refused));
            }
        }
        let left = usize::try_from(size).unwrap_or(usize::MAX).saturating_sub(bytes.len());
        let out_of_memory = |_| InputError::Unreadable(io::Error::from(io::ErrorKind::OutOfMemory));
        bytes.try_reserve_exact(left).map_err(out_of_memory)?;
        file.read_to_end(&mut bytes).map_err(InputError::Unreadable)?;
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

    /// The minidump, if this is one.
    pub(super) fn find_dump(&self) -> io::Result<Option<FoundDump>> {
        if self.files.is_some() {
            return Ok(None);
        }
        let is_dump = |head: &[u8]| matches!(head, b"MDMP" | b"PMDM");
        if let Some(data) = &self.data {
            let head = data.get(..4).filter(|head| is_dump(head));
            return Ok(head.map(|_| FoundDump { size: data.len() as u64, read: None }));
        }
        let mut file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        let size = metadata.len();
        let is_small = metadata.is_file() && size < ON_DEMAND_BYTES;
        // A small dump is read by one call; of another file only the beginning is read here.
        let first = if is_small && size <= FIRST_BYTES { size as usize } else { 4 };
        let mut bytes = vec![0; first];
        let mut read = read_up_to(&mut file, &mut bytes)?;
        if !bytes.get(..read.min(4)).is_some_and(is_dump) {
            return Ok(None);
        }
        if !is_small {
            return Ok(Some(FoundDump { size, read: None }));
        }
        if read == first {
            // A file that grows meanwhile has the size that it had.
            bytes.resize(size as usize, 0);
            read += read_up_to(&mut file, &mut bytes[first..])?;
        }
        bytes.truncate(read);
        Ok(Some(FoundDump { size, read: Some(bytes.into()) }))
    }
}

/// Read until the buffer is full or the file ends; the number of bytes.
fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
