//! The index file's head and sections; the layout is described in [`super`].

use super::checksum::{checksum, fingerprint};
use super::error::Error;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// First bytes of an index file.
pub(super) const MAGIC: [u8; 8] = *b"SYMIDX\r\n";
/// Version of this layout. Any other version is rebuilt.
pub(super) const VERSION: u32 = 3;

/// The sections, in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Section {
    Records,
    Counts,
    Diagnostics,
    SymbolPages,
    SymbolStarts,
    SymbolValues,
    CfiPages,
    CfiStarts,
    CfiValues,
    FramePages,
    FrameStarts,
    FrameValues,
    FpoPages,
    FpoStarts,
    FpoValues,
    Deltas,
    Tails,
    FileIds,
    FileOffsets,
    OriginIds,
    OriginOffsets,
    Packed,
}

/// How many sections there are.
pub(super) const SECTIONS: usize = Section::Packed as usize + 1;

/// The file that an index was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes of the file.
    pub size: u64,
    /// When it was changed last, in nanoseconds since 1970; 0 if it was not a file.
    pub modified: u64,
}

/// A section's offset in the file, and its bytes.
pub(super) type SectionRange = (u64, u64);

/// The head of an index file.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Header {
    /// [`MAGIC`]
    pub(super) magic: [u8; 8],
    /// [`VERSION`]
    pub(super) version: U32,
    /// [`SECTIONS`]
    pub(super) sections: U32,
    /// Bytes of the text, or of the file that packed records were made from.
    pub(super) source_size: U64,
    /// Modification time of the same in nanoseconds since 1970; 0 if it was not a file.
    pub(super) source_mtime: U64,
    /// Samples of the text, or of the packed records (`checksum::fingerprint`).
    pub(super) fingerprint: U64,
    /// Bytes of the index file.
    pub(super) file_size: U64,
    /// Checksum of everything after the header and before the packed records.
    pub(super) body_checksum: U64,
    /// Offset in the file and bytes of each section.
    pub(super) table: [SectionEntry; SECTIONS],
    /// Checksum of the header up to here.
    pub(super) header_checksum: U64,
}

/// Where a section is.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct SectionEntry {
    pub(super) offset: U64,
    pub(super) len: U64,
}

/// Two numbers; the first is the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Pair {
    pub(crate) key: U64,
    pub(crate) offset: U64,
}

/// Make the checksums fit the bytes.
pub(super) fn reseal(out: &mut [u8]) {
    if let Some((head, body)) = out.split_at_mut_checked(size_of::<Header>())
        && let Ok(mut header) = Header::read_from_bytes(head)
    {
        header.body_checksum = checksum(header.summed(body)).into();
        header.header_checksum = header.checksum().into();
        head.copy_from_slice(header.as_bytes());
    }
}

impl Header {
    /// The header of an index.
    pub(super) fn new(
        source: Stamp,
        fingerprint: u64,
        file_size: u64,
        body_checksum: u64,
        table: [SectionRange; SECTIONS],
    ) -> Self {
        let mut header = Self {
            magic: MAGIC,
            version: VERSION.into(),
            sections: (SECTIONS as u32).into(),
            source_size: source.size.into(),
            source_mtime: source.modified.into(),
            fingerprint: fingerprint.into(),
            file_size: file_size.into(),
            body_checksum: body_checksum.into(),
            table: table.map(|(offset, len)| SectionEntry { offset: offset.into(), len: len.into() }),
            header_checksum: 0.into(),
        };
        header.header_checksum = header.checksum().into();
        header
    }

    fn checksum(&self) -> u64 {
        let bytes = self.as_bytes();
        checksum(&bytes[..bytes.len() - size_of::<U64>()])
    }

    /// Read the head of an index file and check the whole file against it.
    pub(super) fn check(bytes: &[u8]) -> Result<Self, Error> {
        let (header, body) = Self::read_from_prefix(bytes).map_err(|_| Error::Damaged("cut short"))?;
        if header.magic != MAGIC {
            return Err(Error::Damaged("not an index"));
        }
        if header.version.get() != VERSION || header.sections.get() as usize != SECTIONS {
            return Err(Error::Damaged("another version"));
        }
        if header.header_checksum.get() != header.checksum() {
            return Err(Error::Damaged("header damaged"));
        }
        if header.file_size.get() != bytes.len() as u64 {
            return Err(Error::Damaged("wrong size"));
        }
        if header.body_checksum.get() != checksum(header.summed(body)) {
            return Err(Error::Damaged("tables damaged"));
        }
        Ok(header)
    }

    /// What the checksum is of: all that follows the header, but for packed records at the end. These may be large, and
    /// are sampled as a text is.
    fn summed<'b>(&self, body: &'b [u8]) -> &'b [u8] {
        let packed = self.table.last().filter(|entry| entry.len.get() > 0);
        let before = packed.and_then(|entry| entry.offset.get().checked_sub(size_of::<Self>() as u64));
        before.and_then(|before| body.get(..usize::try_from(before).ok()?)).unwrap_or(body)
    }

    /// Check that the index is for this text, changed last at `mtime` if that is known (nanoseconds since 1970).
    pub(super) fn check_text(&self, text: &[u8], mtime: Option<u64>) -> Result<(), Error> {
        if self.table[Section::Packed as usize].len.get() > 0 {
            return Err(Error::Foreign("kind"));
        }
        let size = text.len() as u64;
        self.check_source(Stamp { size, modified: mtime.unwrap_or(self.source_mtime.get()) }, text)
    }

    /// Check that the index has records of its own, made from this file.
    pub(super) fn check_packed(&self, index: &[u8], source: Stamp) -> Result<(), Error> {
        let packed = self.section(Section::Packed as usize, index);
        if packed.is_empty() {
            return Err(Error::Foreign("kind"));
        }
        if packed.end != index.len() {
            return Err(Error::Damaged("records cut short"));
        }
        self.check_source(source, index.get(packed).unwrap_or_default())
    }

    fn check_source(&self, source: Stamp, records: &[u8]) -> Result<(), Error> {
        if self.source_size.get() != source.size {
            return Err(Error::Foreign("size"));
        }
        if self.source_mtime.get() != source.modified {
            return Err(Error::Foreign("modification time"));
        }
        if self.fingerprint.get() != fingerprint(records) {
            return Err(Error::Foreign("content"));
        }
        Ok(())
    }

    /// The byte range of a section, empty if it is not inside the file.
    pub(super) fn section(&self, section: usize, file: &[u8]) -> std::ops::Range<usize> {
        let Some(entry) = self.table.get(section) else { return 0..0 };
        let range = usize::try_from(entry.offset.get()).ok().zip(usize::try_from(entry.len.get()).ok());
        let range = range.and_then(|(offset, len)| Some(offset..offset.checked_add(len)?));
        range.filter(|range| file.get(range.clone()).is_some()).unwrap_or_default()
    }
}
