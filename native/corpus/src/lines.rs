//! Rows as lines: to a new file, to a place in a file that other processes write to as well, or held in memory.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Bytes of lines that wait to be written to a file.
const BUFFER: usize = 256 << 10;

/// Where lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A new file.
    New,
    /// A file that may exist: from this byte on.
    At(u64),
    /// Memory, unless there are more bytes than these; then a new file.
    Held(usize),
}

/// Lines that become a file, or stay in memory.
pub(crate) struct Lines {
    path: PathBuf,
    /// `None` as long as they are held in memory.
    file: Option<File>,
    /// What is not written yet.
    waiting: Vec<u8>,
    /// Bytes of lines that are written.
    written: u64,
    /// Bytes that may wait.
    most: usize,
    /// Whether the caller commits them without moving the file: they are on the disk at the end.
    is_synced: bool,
}

/// Lines in memory.
pub struct Held {
    lines: Vec<u8>,
}

impl Lines {
    pub(crate) fn create(path: PathBuf, place: Place) -> Result<Self, Error> {
        let (file, most) = match place {
            Place::New => (Some(File::create_new(&path).map_err(Error::of(&path))?), BUFFER),
            Place::At(begin) => {
                let mut file = shared(&path)?;
                file.seek(SeekFrom::Start(begin)).map_err(Error::of(&path))?;
                (Some(file), BUFFER)
            }
            Place::Held(most) => (None, most),
        };
        let is_synced = matches!(place, Place::At(_));
        Ok(Self { path, file, waiting: Vec::new(), written: 0, most, is_synced })
    }

    /// Add a line, without its end.
    pub(crate) fn add(&mut self, line: &[u8]) -> Result<(), Error> {
        if self.waiting.len() + line.len() >= self.most {
            self.write()?;
        }
        self.waiting.extend_from_slice(line);
        self.waiting.push(b'\n');
        Ok(())
    }

    /// Write what is left; the bytes of all lines, and those that are held.
    pub(crate) fn end(mut self) -> Result<(u64, Option<Held>), Error> {
        if self.file.is_none() {
            let lines = self.waiting;
            return Ok((lines.len() as u64, Some(Held { lines })));
        }
        self.write()?;
        if let Some(file) = self.file.filter(|_| self.is_synced) {
            file.sync_data().map_err(Error::of(&self.path))?;
        }
        Ok((self.written, None))
    }

    fn write(&mut self) -> Result<(), Error> {
        let file = match &mut self.file {
            Some(file) => file,
            held => {
                // Too many to be held.
                self.most = BUFFER;
                held.insert(File::create_new(&self.path).map_err(Error::of(&self.path))?)
            }
        };
        file.write_all(&self.waiting).map_err(Error::of(&self.path))?;
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        self.waiting.shrink_to(2 * BUFFER);
        Ok(())
    }
}

impl Held {
    /// Write them to a place in a file that may exist; they are on the disk when this returns.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_at(&self, path: &Path, begin: u64) -> Result<(), Error> {
        let file = shared(path)?;
        file.write_all_at(&self.lines, begin).and_then(|()| file.sync_data()).map_err(Error::of(path))
    }

    /// Write them to a new file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_new(&self, path: &Path) -> Result<(), Error> {
        File::create_new(path).and_then(|mut file| file.write_all(&self.lines)).map_err(Error::of(path))
    }
}

/// A file that other processes write to as well, each at its own place.
fn shared(path: &Path) -> Result<File, Error> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(Error::of(path))
}
