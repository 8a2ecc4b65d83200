//! The compressed container (MSFZ, version 0): a stream is a list of fragments, which are parts of the file or of chunks
//! that are compressed.
//!
//! Layout: Microsoft's specification (`docs/pdb/msfz.md` of `pdb-rs`). The decompressed chunks, one after the other, are one
//! range of bytes that fragments refer to. Neither fragments nor chunks overlap, so that all streams together have at most
//! the bytes of the file and of the chunks: what exceeds that is refused. A chunk is decompressed when it is first needed,
//! and kept.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::{Decompress, FlushDecompress, Status};

use super::STREAMS;
use super::file::File;
use crate::Error;
use crate::compressed::zstd;
use crate::fields::Fields;
use crate::limits;
use crate::present::Present;

/// The first bytes of a file.
pub(super) const MAGIC: &[u8] = b"Microsoft MSFZ Container\r\n\x1aALD\0\0";
const HEADER: usize = 80;
/// Bytes of a chunk's record.
const CHUNK: usize = 20;
/// Size of a stream that does not exist.
const NO_STREAM: u32 = u32::MAX;
/// The bit of a fragment's place that says: in chunks.
const IN_CHUNKS: u64 = 1 << 63;
/// The bits of a fragment's place in the file.
const IN_FILE: u64 = (1 << 48) - 1;

/// The streams of a file.
#[derive(Debug)]
pub(super) struct Chunks<'d> {
    file: File<'d>,
    chunks: Vec<Chunk>,
    /// The fragments of all streams, and for each stream its bytes and which of them it has; `None`: refused, or not there.
    fragments: Vec<Fragment>,
    streams: Vec<Option<(usize, Range<usize>)>>,
    /// Bytes of the file and of all chunks.
    bytes: u64,
    /// How many streams exceed that.
    pub(super) excess: u64,
    /// How many chunks could not be decompressed.
    broken: AtomicU64,
}

/// A chunk.
#[derive(Debug)]
struct Chunk {
    /// Where it is in the file.
    packed: Range<usize>,
    compression: Compression,
    /// Where it begins among the bytes of all chunks, and how many it has.
    start: usize,
    size: usize,
    /// Its bytes, once they were needed; `None`: it is damaged, or not there.
    bytes: OnceLock<Option<Vec<u8>>>,
}

/// A part of a stream.
#[derive(Clone, Copy, Debug)]
struct Fragment {
    /// Where it begins in the stream.
    start: usize,
    size: usize,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// Where it begins in the file.
    File(usize),
    /// Where it begins among the bytes of all chunks.
    Chunks(usize),
}

#[derive(Clone, Copy, Debug)]
enum Compression {
    Not,
    Zstd,
    Deflate,
    /// Of a later version.
    Other,
}

impl From<u32> for Compression {
    fn from(code: u32) -> Self {
        match code {
            0 => Self::Not,
            1 => Self::Zstd,
            2 => Self::Deflate,
            _ => Self::Other,
        }
    }
}

impl<'d> Chunks<'d> {
    /// Read the header, the table of chunks and the directory.
    pub(super) fn open(file: &'d [u8], present: Option<&'d Present>) -> Result<Self, Error> {
        let damaged = |what, offset| Error::Damaged { what, offset };
        let file = File { bytes: file, present };
        let header = file.range(0, HEADER.min(file.bytes.len())).ok_or(Error::Incomplete)?;
        let header = Fields(header);
        let number = |at| header.size(at).ok_or(damaged("the header is cut", at as u64));
        let place = |at| -> Result<usize, Error> {
            let place = header.u64(at).ok_or(damaged("the header is cut", at as u64))?;
            usize::try_from(place).map_err(|_| damaged("a place is outside the file", at as u64))
        };
        let (directory, table) = (place(40)?, place(48)?);
        let (streams, compression, packed, size) = (number(56)?, number(60)?, number(64)?, number(68)?);
        let (count, table_size) = (number(72)?, number(76)?);
        if place(32)? != 0 {
            return Err(Error::Unsupported("a compressed PDB (MSFZ) of a later version"));
        }
        if count.checked_mul(CHUNK) != Some(table_size) {
            return Err(damaged("the number of chunks does not agree with the size of their table", 72));
        }
        let needed = |start: usize, length: usize, outside| match file.bytes.len().checked_sub(length) {
            Some(last) if start <= last => file.range(start, length).ok_or(Error::Incomplete),
            _ => Err(outside),
        };
        let table = needed(table, table_size, damaged("the table of chunks is outside the file", 48))?;
        let mut budget = limits::Budget::new(limits::chunks(file.bytes.len() as u64));
        let fits = budget.take(size as u64);
        let mut chunks = Self {
            file,
            chunks: Vec::new(),
            fragments: Vec::new(),
            streams: Vec::new(),
            bytes: file.bytes.len() as u64,
            excess: 0,
            broken: AtomicU64::new(0),
        };
        chunks.list_chunks(table, &mut budget).ok_or(damaged("a chunk is outside the file, or exceeds it", 48))?;
        let packed = needed(directory, packed, damaged("the stream directory is outside the file", 40))?;
        let directory = Some(compression).filter(|_| fits).and_then(|code| {
            let code = u32::try_from(code).ok()?;
            unpacked(Compression::from(code), packed, size)
        });
        let directory = directory.ok_or(damaged("the stream directory cannot be decompressed", 40))?;
        chunks.list_streams(&directory, streams).ok_or(damaged("the stream directory is cut", 56))?;
        Ok(chunks)
    }

    /// List the chunks of the table. `None`: one of them is outside the file, or they exceed the budget.
    fn list_chunks(&mut self, table: &[u8], budget: &mut limits::Budget) -> Option<()> {
        let mut end = 0_usize;
        for record in table.as_chunks::<CHUNK>().0 {
            let record = Fields(record);
            let packed = usize::try_from(record.u64(0)?).ok()?;
            let packed = packed..packed.checked_add(record.size(12)?)?;
            self.file.bytes.get(packed.clone())?;
            let (compression, start, size) = (record.u32(8)?.into(), end, record.size(16)?);
            end = end.checked_add(size)?;
            self.bytes = self.bytes.checked_add(size as u64)?;
            budget.take(size as u64).then_some(())?;
            self.chunks.push(Chunk { packed, compression, start, size, bytes: OnceLock::new() });
        }
        Some(())
    }

    /// List the streams of the directory. `None`: it is cut.
    fn list_streams(&mut self, directory: &[u8], count: usize) -> Option<()> {
        let directory = Fields(directory);
        let (mut at, mut left) = (0, self.bytes);
        self.excess += count.saturating_sub(STREAMS) as u64;
        for number in 0..count.min(STREAMS) {
            if directory.u32(at)? == NO_STREAM {
                at += 4;
                self.streams.push(None);
                continue;
            }
            let first = self.fragments.len();
            let (mut length, mut is_inside) = (0_usize, true);
            loop {
                let size = directory.size(at)?;
                at += 4;
                if size == 0 {
                    break;
                }
                let place = directory.u64(at)?;
                at += 8;
                let place = self.place(place, size);
                is_inside &= place.is_some();
                let Some(place) = place.filter(|_| is_inside) else { continue };
                self.fragments.push(Fragment { start: length, size, place });
                length = length.checked_add(size)?;
            }
            // Stream 0 is an older directory.
            let fits = is_inside && length as u64 <= left && number != 0;
            if fits {
                left -= length as u64;
            } else {
                self.excess += u64::from(number != 0);
                self.fragments.truncate(first);
            }
            self.streams.push(fits.then_some((length, first..self.fragments.len())));
        }
        Some(())
    }

    /// Where a fragment is; `None`: outside of the file or the chunks.
    fn place(&self, place: u64, size: usize) -> Option<Place> {
        if place & IN_CHUNKS == 0 {
            let start = usize::try_from(place & IN_FILE).ok()?;
            self.file.bytes.get(start..start.checked_add(size)?)?;
            return Some(Place::File(start));
        }
        let chunk = self.chunks.get(usize::try_from((place & !IN_CHUNKS) >> 32).ok()?)?;
        let start = chunk.start.checked_add(usize::try_from(place & u64::from(u32::MAX)).ok()?)?;
        let last = self.chunks.last()?;
        (start.checked_add(size)? <= last.start + last.size).then_some(Place::Chunks(start))
    }

    /// How many chunks could not be decompressed, so far.
    pub(super) fn broken(&self) -> u64 {
        self.broken.load(Ordering::Relaxed)
    }

    /// Bytes of all streams, at most.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A stream; `None`: no stream has this number, or it is refused.
    pub(super) fn stream(&self, number: u16) -> Option<Stream<'_>> {
        let (size, fragments) = self.streams.get(usize::from(number))?.as_ref()?;
        Some(Stream { chunks: self, fragments: self.fragments.get(fragments.clone())?, size: *size })
    }

    /// The bytes of a chunk; `None`: it is damaged, or not there.
    fn chunk<'m>(&'m self, chunk: &'m Chunk) -> Option<&'m [u8]> {
        let bytes = chunk.bytes.get_or_init(|| {
            let packed = self.file.range(chunk.packed.start, chunk.packed.len())?;
            let bytes = unpacked(chunk.compression, packed, chunk.size);
            self.broken.fetch_add(u64::from(bytes.is_none()), Ordering::Relaxed);
            bytes
        });
        bytes.as_deref()
    }

    /// A part of a fragment, piece by piece. `None`: a part is damaged, or not there.
    fn pieces<'m>(&'m self, place: Place, length: usize, mut piece: impl FnMut(&'m [u8])) -> Option<()> {
        let start = match place {
            Place::File(start) => {
                piece(self.file.range(start, length)?);
                return Some(());
            }
            Place::Chunks(start) => start,
        };
        let (mut at, end) = (start, start.checked_add(length)?);
        let first = self.chunks.partition_point(|chunk| chunk.start + chunk.size <= at);
        let mut is_there = true;
        for chunk in self.chunks.get(first..)? {
            if at >= end {
                break;
            }
            let until = end.min(chunk.start + chunk.size);
            match self.chunk(chunk) {
                Some(bytes) if is_there => piece(bytes.get(at - chunk.start..until - chunk.start)?),
                // The others are asked for, too.
                _ => is_there = false,
            }
            at = until;
        }
        (is_there && at == end).then_some(())
    }
}

/// A stream.
#[derive(Clone, Copy, Debug)]
pub(in crate::pdb) struct Stream<'m> {
    chunks: &'m Chunks<'m>,
    fragments: &'m [Fragment],
    size: usize,
}

impl<'m> Stream<'m> {
    /// How many bytes it has.
    pub(super) const fn len(&self) -> usize {
        self.size
    }

    /// A part of it; a copy if it is in several pieces. `None`: the stream ends before, or a part is damaged or not there.
    pub(super) fn range(&self, start: usize, length: usize) -> Option<Cow<'m, [u8]>> {
        let end = start.checked_add(length).filter(|&end| end <= self.size)?;
        let mut found = Pieces { bytes: Cow::Borrowed(&[]), length };
        let first = self.fragments.partition_point(|fragment| fragment.start + fragment.size <= start);
        let mut is_there = true;
        for fragment in self.fragments.get(first..)?.iter().take_while(|fragment| fragment.start < end) {
            let (from, to) = (start.max(fragment.start), end.min(fragment.start + fragment.size));
            let inside = from - fragment.start;
            let place = match fragment.place {
                Place::File(start) => Place::File(start + inside),
                Place::Chunks(start) => Place::Chunks(start + inside),
            };
            is_there &= self.chunks.pieces(place, to - from, |piece| found.add(piece)).is_some();
        }
        Some(found.bytes).filter(|bytes| is_there && bytes.len() == length)
    }
}

/// Bytes of several pieces; of one of them without a copy.
struct Pieces<'m> {
    bytes: Cow<'m, [u8]>,
    length: usize,
}

impl<'m> Pieces<'m> {
    fn add(&mut self, piece: &'m [u8]) {
        if self.bytes.is_empty() {
            self.bytes = Cow::Borrowed(piece);
            return;
        }
        if let Cow::Borrowed(first) = self.bytes {
            let mut bytes = Vec::with_capacity(self.length);
            bytes.extend_from_slice(first);
            self.bytes = Cow::Owned(bytes);
        }
        self.bytes.to_mut().extend_from_slice(piece);
    }
}

/// Bytes that become `size` bytes. `None`: they do not, or are of an unknown kind.
fn unpacked(compression: Compression, packed: &[u8], size: usize) -> Option<Vec<u8>> {
    match compression {
        Compression::Not => Some(packed.to_vec()).filter(|bytes| bytes.len() == size),
        Compression::Zstd => zstd(packed, size as u64),
        Compression::Deflate => {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(size).ok()?;
            let end = Decompress::new(false).decompress_vec(packed, &mut bytes, FlushDecompress::Finish).ok()?;
            (end == Status::StreamEnd && bytes.len() == size).then_some(bytes)
        }
        Compression::Other => None,
    }
}
