//! Index files: opening them, and building missing ones.

use super::build::{Proceed, build_in_memory, build_into};
use super::builder::IndexBuilder;
use super::error::{Error, Unfinished};
use super::format::{Header, Stamp};
use super::map::Bytes;
use super::scan::{Scan, scan};
use super::symbol_index::SymbolIndex;
use crate::atomic::{self, write_unsynced};
use crate::regular_file;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

struct Text {
    bytes: Bytes,
    mtime: u64,
}

impl SymbolIndex {
    /// Map a text and its index file.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be read, [`Error::Damaged`] if the file is not an index, of
    /// another version, cut or damaged, [`Error::Foreign`] if it is for another text: another size,
    /// modification time or content (16 samples are compared).
    pub fn open(sym: &Path, index: &Path) -> Result<Self, Error> {
        let text = map_text(sym)?;
        open_index(text.bytes, text.mtime, index).map_err(|(error, _)| error)
    }

    /// [`Self::open`]; if there is no usable index, build it, and write it for the next time.
    ///
    /// The index appears whole or not at all, for readers and for others that build it at the same
    /// time. Where nothing can be written it stays in memory.
    ///
    /// # Errors
    /// [`Error::Io`] if the text cannot be read.
    pub fn open_or_build(sym: &Path, index: &Path) -> Result<Self, Error> {
        Self::open_or_build_while(sym, index, &mut || true)
    }

    /// [`Self::open_or_build`], as long as `proceed` returns true: it is asked after each MiB of a text that is read,
    /// and between the steps of making the index.
    ///
    /// # Errors
    /// [`Error::Io`] if the text cannot be read, [`Error::GivenUp`] if `proceed` returned false.
    pub fn open_or_build_while(sym: &Path, index: &Path, proceed: &mut dyn FnMut() -> bool) -> Result<Self, Error> {
        let read =
            |text: &[u8], proceed: Proceed<'_>| -> Result<Scan, Error> { scan(text, proceed).ok_or(Error::GivenUp) };
        let text = map_text(sym)?;
        match open_index(text.bytes, text.mtime, index) {
            Ok(opened) => Ok(opened),
            Err((_, bytes)) => {
                let found = read(&bytes, proceed)?;
                let built =
                    write_unsynced(index, |file| Ok(Bytes::of(build_into(found, &bytes, text.mtime, file, proceed)?)?));
                let built = match built {
                    Ok(built) => built,
                    Err(Unfinished::GivenUp) => return Err(Error::GivenUp),
                    // A failed write is not an error: the next process builds the index again.
                    Err(Unfinished::Unwritten(_)) => {
                        let found = read(&bytes, proceed)?;
                        Bytes::Owned(build_in_memory(found, &bytes, proceed).ok_or(Error::GivenUp)?)
                    }
                };
                Ok(Self::assemble(Some(bytes), built))
            }
        }
    }
}

impl SymbolIndex {
    /// Map an index that has records of its own.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::Damaged`] if it is not an index, of another version, cut or damaged,
    /// [`Error::Foreign`] if it was made from another file, or over a text.
    pub fn open_packed(index: &Path, source: Stamp) -> Result<Self, Error> {
        let bytes = Bytes::open(index).map_err(|source| unreadable(index, source))?;
        Header::check(&bytes)?.check_packed(&bytes, source)?;
        Ok(Self::assemble(None, bytes))
    }

    /// Make an index with records of its own, and write it into a file, which appears whole or not at all.
    ///
    /// The file is created before the records are made, so that no work is lost where it cannot be. `proceed` is asked between
    /// the steps of making the index of the records.
    ///
    /// # Errors
    /// What `records` returns; `proceed` returned false; the file cannot be written.
    pub fn create_packed<E: From<Unfinished> + From<io::Error>>(
        path: &Path,
        source: Stamp,
        proceed: &mut dyn FnMut() -> bool,
        records: impl FnOnce() -> Result<IndexBuilder, E>,
    ) -> Result<Self, E> {
        // Packed records are sampled when they are opened, not read whole, so they have to be on the disk.
        atomic::write(path, |file| {
            let written = records()?.write_to(source, file, proceed)?;
            Ok(Self::assemble(None, Bytes::of(written)?))
        })
    }
}

fn map_text(path: &Path) -> Result<Text, Error> {
    let file = regular_file::open(path).map_err(|source| unreadable(path, source))?;
    let bytes = Bytes::of(&file).map_err(|source| unreadable(path, source))?;
    let modified = file.metadata().and_then(|metadata| metadata.modified());
    let since = modified.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mtime = since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
    Ok(Text { bytes, mtime })
}

/// Open an index over a text, or return the text with the error.
fn open_index(text: Bytes, mtime: u64, path: &Path) -> Result<SymbolIndex, (Error, Bytes)> {
    let index = match Bytes::open(path) {
        Ok(index) => index,
        Err(source) => return Err((unreadable(path, source), text)),
    };
    match Header::check(&index).and_then(|header| header.check_text(&text, Some(mtime))) {
        Ok(()) => Ok(SymbolIndex::assemble(Some(text), index)),
        Err(error) => Err((error, text)),
    }
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::Io { path: path.to_owned(), source }
}
