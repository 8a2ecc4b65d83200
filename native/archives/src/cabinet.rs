//! Cabinets, as `makecab` writes them and symbol servers keep compressed files (`app.pd_`).

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::bounded;

/// How often the bytes of a cabinet may be read: the files of a folder are compressed as one, and each is found by
/// decompressing those before it.
const PASSES: u64 = 64;
/// Bytes that may be read of any cabinet, however small it is.
const FREE_BYTES: u64 = 1 << 20;

/// A file in a cabinet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name, with backslashes between folders.
    pub name: String,
    /// Its size when it is extracted.
    pub size: u64,
}

/// An opened cabinet.
pub struct Cabinet<R> {
    cabinet: cab::Cabinet<Counted<R>>,
    left: Arc<AtomicU64>,
}

impl<R: Read + Seek> Cabinet<R> {
    /// Read the headers of a cabinet.
    ///
    /// # Errors
    /// It is not a cabinet, or damaged; those of the reader.
    pub fn open(mut reader: R) -> io::Result<Self> {
        let size = reader.seek(SeekFrom::End(0))?;
        reader.seek(SeekFrom::Start(0))?;
        let left = Arc::new(AtomicU64::new(size.saturating_mul(PASSES).saturating_add(FREE_BYTES)));
        let counted = Counted { reader, left: Arc::clone(&left) };
        Ok(Self { cabinet: guarded(|| cab::Cabinet::new(counted))?, left })
    }

    /// The files in it. Of several of one name only the first can be extracted.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        let folders = self.cabinet.folder_entries();
        let files = folders.flat_map(cab::FolderEntry::file_entries);
        files.map(|file| Member { name: file.name().to_owned(), size: u64::from(file.uncompressed_size()) }).collect()
    }

    /// Write a file's bytes, at most `limit`. Returns their number.
    ///
    /// # Errors
    /// No file has the name; the cabinet is damaged, or continued in another one; the file is larger than the limit; those
    /// of the reader and the writer.
    pub fn extract(&mut self, name: &str, to: &mut dyn Write, limit: u64) -> io::Result<u64> {
        let cabinet = &mut self.cabinet;
        let size = cabinet.get_file_entry(name).map_or(0, |entry| u64::from(entry.uncompressed_size()));
        let written = guarded(|| bounded::copy(cabinet.read_file(name)?, to, limit))?;
        if written < size {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the cabinet ends within the file"));
        }
        Ok(written)
    }
}

impl<R> fmt::Debug for Cabinet<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cabinet").field("left", &self.left).finish_non_exhaustive()
    }
}

/// The crate indexes its list of blocks by positions that the file gives.
fn guarded<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let damaged = |_| Err(io::Error::new(io::ErrorKind::InvalidData, "a position in the cabinet is outside of it"));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(damaged)
}

/// A reader that ends with an error when it was read too often.
struct Counted<R> {
    reader: R,
    left: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(bytes)?;
        // One reader at a time: `extract` borrows the cabinet.
        match self.left.load(Ordering::Relaxed).checked_sub(read as u64) {
            Some(left) => self.left.store(left, Ordering::Relaxed),
            None => return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too many files are compressed as one")),
        }
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}
