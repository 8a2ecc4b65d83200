//! A dump in a file, of which only the parts that are needed are read.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use memmap2::{MmapOptions, MmapRaw};
use vocabulary::OnDemand;

/// Bytes that are read at a time.
const BLOCK: usize = 16 << 10;

/// A file whose bytes are read into memory when they are needed, block by block, each once.
///
/// The file is not mapped: touching a page of a mapped file that was truncated meanwhile ends the process with SIGBUS. Here it is
/// a failed read, which [`DumpFile::failure`] returns. What was read stays as it is, whatever becomes of the file.
pub struct DumpFile {
    file: File,
    /// As large as the file; only blocks that were read take memory.
    bytes: MmapRaw,
    len: usize,
    /// A bit for each block that was read.
    present: Box<[AtomicU64]>,
    reading: Mutex<Option<io::Error>>,
}

impl DumpFile {
    /// The bytes that a file has now.
    ///
    /// # Errors
    /// The size of the file is unknown, or too large to be addressed.
    pub fn new(file: File) -> io::Result<Self> {
        let too_large = |_| io::Error::new(io::ErrorKind::FileTooLarge, "the file is larger than the memory");
        let len = usize::try_from(file.metadata()?.len()).map_err(too_large)?;
        let bytes = MmapOptions::new().len(len.max(1)).no_reserve_swap().map_anon()?;
        let present = (0..len.div_ceil(BLOCK).div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Ok(Self { file, bytes: bytes.into(), len, present, reading: Mutex::new(None) })
    }

    /// Why some bytes could not be read, if any could not: the file was truncated since it was opened, or its disk failed.
    #[must_use]
    pub fn failure(&self) -> Option<io::Error> {
        let reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        reading.as_ref().map(|error| io::Error::new(error.kind(), error.to_string()))
    }

    /// Bytes that were read, in whole blocks.
    #[must_use]
    pub fn bytes_read(&self) -> usize {
        let blocks: u32 = self.present.iter().map(|bits| bits.load(Ordering::Relaxed).count_ones()).sum();
        blocks as usize * BLOCK
    }

    #[inline]
    fn is_present(&self, block: usize) -> bool {
        let bits = self.present.get(block / 64).map_or(0, |bits| bits.load(Ordering::Acquire));
        bits >> (block % 64) & 1 != 0
    }

    /// Read the blocks `first..=last` that were not read yet.
    #[cold]
    fn read_blocks(&self, first: usize, last: usize) -> bool {
        let mut failure = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.is_some() {
            return false;
        }
        let mut block = first;
        while block <= last {
            // One read for neighbours.
            let end = (block..=last).find(|&other| self.is_present(other)).unwrap_or(last + 1);
            let (start, stop) = (block * BLOCK, (end * BLOCK).min(self.len));
            if start < stop {
                // SAFETY: `start < stop <= len`, which is within the map. No one has a reference to these bytes: `get` gives only
                // those of blocks that are present, these are not, and the lock excludes other readers of blocks.
                let place = unsafe { std::slice::from_raw_parts_mut(self.bytes.as_mut_ptr().add(start), stop - start) };
                if let Err(error) = read_exact_at(&self.file, place, start as u64) {
                    *failure = Some(match error.kind() {
                        io::ErrorKind::UnexpectedEof => io::Error::new(error.kind(), "was truncated while it was read"),
                        _ => error,
                    });
                    return false;
                }
                for read in block..end {
                    if let Some(bits) = self.present.get(read / 64) {
                        bits.fetch_or(1 << (read % 64), Ordering::Release);
                    }
                }
            }
            block = end + 1;
        }
        true
    }
}

impl OnDemand for DumpFile {
    fn len(&self) -> usize {
        self.len
    }

    #[inline]
    fn get(&self, start: usize, end: usize) -> Option<&[u8]> {
        if start > end || end > self.len {
            return None;
        }
        if start == end {
            return Some(&[]);
        }
        let (first, last) = (start / BLOCK, (end - 1) / BLOCK);
        if !(first..=last).all(|block| self.is_present(block)) && !self.read_blocks(first, last) {
            return None;
        }
        // SAFETY: `start <= end <= len`, which is within the map. All blocks of the range are present: they were written before
        // their bits were set, and are never written again.
        Some(unsafe { std::slice::from_raw_parts(self.bytes.as_ptr().add(start), end - start) })
    }
}

impl fmt::Debug for DumpFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DumpFile({} of {} bytes)", self.bytes_read().min(self.len), self.len)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, place: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, place, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, place: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while let Some(rest) = place.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match std::os::windows::fs::FileExt::seek_read(file, rest, offset + done as u64)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => done += read,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
