//! Files as memory.

use crate::regular_file;
use memmap2::Mmap;
use std::fs::File;
use std::ops::Deref;
use std::path::Path;

/// Bytes that are mapped from a file or owned.
#[derive(Debug)]
pub enum Bytes {
    /// In memory.
    Owned(Vec<u8>),
    /// Mapped, read-only.
    Mapped(Mmap),
}

impl Bytes {
    /// Map a file, or read it where mapping is not possible. Pipes, devices and folders are not opened.
    ///
    /// # Errors
    /// Those of [`regular_file::open`] and [`Self::of`].
    pub fn open(path: &Path) -> std::io::Result<Self> {
        Self::of(&regular_file::open(path)?)
    }

    /// Map a file, or read it where mapping is not possible (an empty file, some file systems).
    ///
    /// # Errors
    /// The file can be neither mapped nor read.
    pub fn of(file: &File) -> std::io::Result<Self> {
        // SAFETY: the mapping is private and read-only. A file that is changed while it is mapped
        // may change the bytes under us: every reader takes them as hostile input each time, keeps
        // no reference that relies on an earlier check of the bytes other than for UTF-8 text handed
        // out, and symbol files are replaced by renaming, not rewritten in place.
        if let Ok(map) = unsafe { Mmap::map(file) } {
            return Ok(Self::Mapped(map));
        }
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut &*file, &mut bytes)?;
        Ok(Self::Owned(bytes))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}
