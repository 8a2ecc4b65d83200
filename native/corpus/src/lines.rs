//! Rows as lines: to a new file, to a place in a file that other processes write to as well, or held in memory.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Bytes that are written at once. Lines that are held are in pieces of this size, too: to make room for more of them copies none,
/// and the memory of those that were written is used again.
const PIECE: usize = 256 << 10;

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
    waiting: Pieces,
    /// Bytes of lines that are written.
    written: u64,
    /// Bytes that may wait.
    most: usize,
    /// Whether the caller commits them without moving the file: they are on the disk at the end.
    is_synced: bool,
}

/// Lines in memory.
pub struct Held {
    lines: Pieces,
}

/// Bytes in pieces of equal capacity, of which only the last one may have room.
#[derive(Default)]
struct Pieces {
    pieces: Vec<Vec<u8>>,
    len: usize,
}

impl Lines {
    pub(crate) fn create(path: PathBuf, place: Place) -> Result<Self, Error> {
        let (file, most) = match place {
            Place::New => (Some(File::create_new(&path).map_err(Error::of(&path))?), PIECE),
            Place::At(begin) => {
                let mut file = shared(&path)?;
                file.seek(SeekFrom::Start(begin)).map_err(Error::of(&path))?;
                (Some(file), PIECE)
            }
            Place::Held(most) => (None, most),
        };
        let is_synced = matches!(place, Place::At(_));
        Ok(Self { path, file, waiting: Pieces::default(), written: 0, most, is_synced })
    }

    /// Add a line, without its end.
    pub(crate) fn add(&mut self, line: &[u8]) -> Result<(), Error> {
        if self.waiting.len + line.len() >= self.most {
            self.write()?;
        }
        self.waiting.add(line);
        self.waiting.add(b"\n");
        Ok(())
    }

    /// Write what is left; the bytes of all lines, and those that are held.
    pub(crate) fn end(mut self) -> Result<(u64, Option<Held>), Error> {
        if self.file.is_none() {
            let lines = self.waiting;
            return Ok((lines.len as u64, Some(Held { lines })));
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
                self.most = PIECE;
                held.insert(File::create_new(&self.path).map_err(Error::of(&self.path))?)
            }
        };
        for piece in &self.waiting.pieces {
            file.write_all(piece).map_err(Error::of(&self.path))?;
        }
        self.written += self.waiting.len as u64;
        self.waiting.clear();
        Ok(())
    }
}

impl Pieces {
    fn add(&mut self, mut bytes: &[u8]) {
        self.len += bytes.len();
        while !bytes.is_empty() {
            let mut piece = self.pieces.pop_if(|last| last.len() < PIECE).unwrap_or_else(|| Vec::with_capacity(PIECE));
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - piece.len()));
            piece.extend_from_slice(now);
            self.pieces.push(piece);
            bytes = later;
        }
    }

    /// Without the bytes; the memory of one piece is kept.
    fn clear(&mut self) {
        self.pieces.truncate(1);
        self.pieces.iter_mut().for_each(Vec::clear);
        self.len = 0;
    }
}

impl Held {
    /// Write them to a place in a file that may exist; they are on the disk when this returns.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_at(&self, path: &Path, begin: u64) -> Result<(), Error> {
        let file = shared(path)?;
        let mut at = begin;
        for piece in &self.lines.pieces {
            file.write_all_at(piece, at).map_err(Error::of(path))?;
            at += piece.len() as u64;
        }
        file.sync_data().map_err(Error::of(path))
    }

    /// Write them to a new file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_new(&self, path: &Path) -> Result<(), Error> {
        let mut file = File::create_new(path).map_err(Error::of(path))?;
        self.lines.pieces.iter().try_for_each(|piece| file.write_all(piece)).map_err(Error::of(path))
    }
}

/// A file that other processes write to as well, each at its own place.
fn shared(path: &Path) -> Result<File, Error> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(Error::of(path))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::{Lines, PIECE, Place};

    /// Lines that end before, at and behind the end of a piece, and one of several pieces.
    const LENGTHS: [usize; 7] = [10, PIECE - 12, PIECE - 1, PIECE, 3 * PIECE + 5, 0, 7];

    #[test]
    fn lines_are_the_same_wherever_they_are_written() -> Result<(), Box<dyn Error>> {
        let lines: Vec<_> = (b'a'..).zip(LENGTHS).map(|(letter, length)| vec![letter; length]).collect();
        let whole = lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect::<Vec<_>>();
        let folder = std::env::temp_dir().join(format!("symbolicate-lines-{}", std::process::id()));
        std::fs::create_dir(&folder)?;
        for (number, place) in
            [Place::New, Place::At(3), Place::Held(PIECE), Place::Held(100 * PIECE)].into_iter().enumerate()
        {
            let path = folder.join(number.to_string());
            let mut written = Lines::create(path.clone(), place)?;
            for line in &lines {
                written.add(line)?;
            }
            let (size, held) = written.end()?;
            assert_eq!(size, whole.len() as u64);
            assert_eq!(held.is_some(), place == Place::Held(100 * PIECE));
            let mut begin = if place == Place::At(3) { 3 } else { 0 };
            if let Some(held) = held {
                begin = 5;
                held.write_at(&path, begin)?;
                held.write_new(&folder.join("new"))?;
                assert!(std::fs::read(folder.join("new"))? == whole);
            }
            let found = std::fs::read(&path)?;
            assert!(found[begin as usize..] == whole, "{place:?}");
        }
        std::fs::remove_dir_all(folder)?;
        Ok(())
    }
}
