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

    /// Say that few parts will be read, here and there, so that the system reads nothing ahead.
    pub fn expect_few_reads(&self) {
        #[cfg(unix)]
        if let Self::Mapped(map) = self {
            let _ = map.advise(memmap2::Advice::Random);
        }
    }

    /// Let a part of it leave the memory of the process. If it is read again, it comes from the file, or its cache.
    pub fn release(&self, part: &[u8]) {
        #[cfg(unix)]
        if let Self::Mapped(map) = self
            && let Some(offset) = part.as_ptr().addr().checked_sub(map.as_ptr().addr())
            && offset.checked_add(part.len()).is_some_and(|end| end <= map.len())
        {
            // SAFETY: the mapping is of a file and read-only, so that nothing is lost with its pages: the next access reads the
            // file, which may have changed, as it may at any time (see `of`).
            let _ = unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, offset, part.len()) };
        }
        #[cfg(not(unix))]
        let _ = part;
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Bytes;

    #[test]
    fn what_was_released_is_read_again() {
        let path = std::env::temp_dir().join(format!("symbolicate-released-{}", std::process::id()));
        let content: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, &content).unwrap();
        let bytes = Bytes::open(&path).unwrap();
        bytes.expect_few_reads();
        for part in [0..content.len(), 5..70_001, 799_999..800_000, 7..7] {
            bytes.release(&bytes[part]);
            assert!(*bytes == *content);
        }
        // What is elsewhere, or in no file, stays.
        let other = content.clone();
        bytes.release(&other);
        Bytes::Owned(content.clone()).release(&other);
        assert_eq!(other, content);
        std::fs::remove_file(path).unwrap();
    }
}
