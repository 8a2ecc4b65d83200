//! The header of a minidump and the directory of its streams.

use crate::error::Error;
use crate::faults::Faults;
use crate::kind;
use crate::reader::{Source, array_at, u16_at, u32_at, u32_or_0, u64_or_0};

/// The 32-byte `MINIDUMP_HEADER`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Format version: `0xa793` in the low half, the writer's own in the high half.
    pub version: u32,
    /// Streams the header promises; [`Dump::streams`](crate::Dump::streams) has those that are there.
    pub stream_count: u32,
    /// Offset of the directory in the file.
    pub directory_rva: u32,
    /// Checksum, commonly 0.
    pub checksum: u32,
    /// When the dump was written: seconds since 1970, UTC.
    pub timestamp: u32,
    /// `MINIDUMP_TYPE` bits the dump was made with.
    pub flags: u64,
}

/// One entry of the directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StreamEntry {
    /// Stream type (see [`kind`](crate::kind)).
    pub kind: u32,
    /// Offset in the file.
    pub offset: u32,
    /// Bytes the directory promises.
    pub size: u32,
}

impl StreamEntry {
    /// The stream type's name, as Microsoft, Breakpad, Crashpad or Mozilla call it.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        kind::name(self.kind)
    }
}

const HEADER_SIZE: usize = 32;
const ENTRY_SIZE: u64 = 12;

/// Streams a file may have. Real ones have some twenty; beyond this only hostile files go, and every
/// stream costs an entry in the report.
const MAX_STREAMS: u64 = 4096;

/// Read the header.
pub(crate) fn header(source: &Source<'_>) -> Result<Header, Error> {
    let bytes = source.clipped(0, HEADER_SIZE as u64);
    let mut found = [0; 4];
    for (to, from) in found.iter_mut().zip(bytes) {
        *to = *from;
    }
    match &found {
        b"MDMP" => {}
        b"PMDM" => return Err(Error::BigEndian),
        _ => return Err(Error::NotMinidump { found }),
    }
    let Some(header) = array_at::<HEADER_SIZE>(bytes, 0) else {
        return Err(Error::HeaderCut { length: bytes.len() });
    };
    let low = u16_at(&header, 4).unwrap_or(0);
    if low != 0xa793 {
        return Err(Error::Version { found: low });
    }
    Ok(Header {
        version: u32_or_0(&header, 4),
        stream_count: u32_or_0(&header, 8),
        directory_rva: u32_or_0(&header, 12),
        checksum: u32_or_0(&header, 16),
        timestamp: u32_or_0(&header, 20),
        flags: u64_or_0(&header, 24),
    })
}

/// Read what is there of the directory. Entries of type 0 are padding and left out.
pub(crate) fn streams(header: &Header, source: &Source<'_>, faults: &mut Faults) -> Vec<StreamEntry> {
    let offset = u64::from(header.directory_rva);
    let promised = u64::from(header.stream_count);
    let bytes = source.clipped(offset, promised.min(MAX_STREAMS) * ENTRY_SIZE);
    let present = bytes.len() as u64 / ENTRY_SIZE;
    if present < promised {
        faults.add(
            None,
            None,
            offset + present * ENTRY_SIZE,
            format!("the directory promises {promised} streams, {present} of them are read"),
        );
    }
    bytes
        .chunks_exact(ENTRY_SIZE as usize)
        .filter_map(|entry| {
            Some(StreamEntry { kind: u32_at(entry, 0)?, size: u32_at(entry, 4)?, offset: u32_at(entry, 8)? })
        })
        .filter(|entry| entry.kind != kind::UNUSED)
        .collect()
}

/// A stream's bytes and where they lie.
#[derive(Clone, Copy)]
pub(crate) struct Stream<'a> {
    pub(crate) kind: u32,
    /// Offset in the file.
    pub(crate) offset: u64,
    /// Bytes the directory promises.
    pub(crate) size: u64,
    /// What is there of them.
    pub(crate) bytes: &'a [u8],
}

impl<'a> Stream<'a> {
    /// The bytes of an entry of the directory, as far as the file has them.
    pub(crate) fn new(entry: &StreamEntry, source: &Source<'a>, faults: &mut Faults) -> Self {
        let (offset, size) = (u64::from(entry.offset), u64::from(entry.size));
        if size != 0 && offset < HEADER_SIZE as u64 {
            let message = "the stream would lie in the file's header: it is read as empty";
            faults.add(entry.kind, None, offset, message);
            return Self { kind: entry.kind, offset, size, bytes: &[] };
        }
        let bytes = source.clipped(offset, size);
        if (bytes.len() as u64) < size {
            faults.add(
                entry.kind,
                None,
                offset + bytes.len() as u64,
                format!("the stream has {} of {size} bytes, the rest lies outside of the file", bytes.len()),
            );
        }
        Self { kind: entry.kind, offset, size, bytes }
    }
}
