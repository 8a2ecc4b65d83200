//! The index file's head and sections; the layout is described in [`super`].

use super::checksum::{checksum, fingerprint};
use super::error::Error;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// First bytes of an index file.
pub(super) const MAGIC: [u8; 8] = *b"SYMIDX\r\n";
/// Version of this layout. Any other version is rebuilt.
pub(super) const VERSION: u32 = 2;

/// The sections, in the order they lie in the file.
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
}

/// How many sections there are.
pub(super) const SECTIONS: usize = Section::OriginOffsets as usize + 1;

/// What an index says of its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextFacts {
    pub(super) size: u64,
    pub(super) mtime: u64,
    pub(super) fingerprint: u64,
}

/// Where a section lies: its offset in the file, and its bytes.
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
    /// Bytes of the text.
    pub(super) text_size: U64,
    /// Modification time of the text in nanoseconds since 1970; 0 if it was not a file.
    pub(super) text_mtime: U64,
    /// Samples of the text (`checksum::fingerprint`).
    pub(super) text_fingerprint: U64,
    /// Bytes of the index file.
    pub(super) file_size: U64,
    /// Checksum of everything after the header.
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
        header.body_checksum = checksum(body).into();
        header.header_checksum = header.checksum().into();
        head.copy_from_slice(header.as_bytes());
    }
}

impl Header {
    /// The header of an index.
    pub(super) fn new(text: TextFacts, file_size: u64, body_checksum: u64, table: [SectionRange; SECTIONS]) -> Self {
        let mut header = Self {
            magic: MAGIC,
            version: VERSION.into(),
            sections: (SECTIONS as u32).into(),
            text_size: text.size.into(),
            text_mtime: text.mtime.into(),
            text_fingerprint: text.fingerprint.into(),
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
        if header.body_checksum.get() != checksum(body) {
            return Err(Error::Damaged("tables damaged"));
        }
        Ok(header)
    }

    /// Check that the index is for this text, changed last at `mtime` if that is known (nanoseconds since 1970).
    pub(super) fn check_text(&self, text: &[u8], mtime: Option<u64>) -> Result<(), Error> {
        if self.text_size.get() != text.len() as u64 {
            return Err(Error::Foreign("size"));
        }
        if mtime.is_some_and(|mtime| self.text_mtime.get() != mtime) {
            return Err(Error::Foreign("modification time"));
        }
        if self.text_fingerprint.get() != fingerprint(text) {
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
