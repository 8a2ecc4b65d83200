//! The column of a Parquet file.
//!
//! The crate `parquet` finds, checks and decompresses the pages; their values are decoded here. Its own decoder allocates as many
//! values as a page claims to have, and values of a dictionary are needed once, not for each row.

use std::fs::File;
use std::io::{Read, Take};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::{Page, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use super::{Fault, Hashes, MARK};

const COLUMN: &str = "failure_hash";
/// Bytes of the footer: about 20,000 row groups, each of which a shard has written.
const LARGEST_FOOTER: u32 = 128 << 20;
/// Bytes of a page, and of all pages of the column, decompressed. Writers begin a new page after about one MiB.
const LARGEST_PAGE: u64 = 64 << 20;
const MOST_BYTES: u64 = 4 << 30;
/// Bytes of the head of a page, with its statistics.
const LARGEST_HEAD: u64 = 1 << 20;

impl From<ParquetError> for Fault {
    fn from(error: ParquetError) -> Self {
        Self::Content(format!("damaged, or not as this program writes it: {error}"))
    }
}

pub(super) fn read(file: File, hashes: &mut Hashes) -> Result<(), Fault> {
    check_footer(&file)?;
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file)?;
    let schema = metadata.file_metadata().schema_descr_ptr();
    let column = (0..schema.num_columns()).find(|i| schema.column(*i).path().parts() == [COLUMN]);
    let column = column.ok_or_else(|| Fault::Content(format!("not a table of crashes: no column {COLUMN}")))?;
    let about = schema.column(column);
    if about.physical_type() != Physical::BYTE_ARRAY || about.max_rep_level() > 0 || about.max_def_level() > 1 {
        return Err(Fault::Content(format!("not a table of crashes: {COLUMN} is no text")));
    }
    let bounded = Arc::new(Bounded { file, bytes: AtomicU64::new(0) });
    for group in metadata.row_groups() {
        let Some(chunk) = group.columns().get(column) else { continue };
        let mut pages = SerializedPageReader::new(Arc::clone(&bounded), chunk, 0, None)?;
        while let Some(page) = pages.get_next_page()? {
            add(&page, about.max_def_level() > 0, hashes)?;
        }
    }
    Ok(())
}

/// Refuse a footer that would need much memory.
fn check_footer(file: &File) -> Result<(), Fault> {
    let length = Length::len(file);
    let mut end = [0; 8];
    let at = length.checked_sub(8).ok_or_else(|| Fault::of("cut: the footer is missing"))?;
    file.get_read(at)?.read_exact(&mut end).map_err(Fault::Io)?;
    let (footer, mark) = end.split_at(4);
    if mark != MARK {
        return Err(Fault::of("cut: the footer is missing"));
    }
    match footer.try_into().map(u32::from_le_bytes) {
        Ok(bytes) if bytes <= LARGEST_FOOTER => Ok(()),
        _ => Err(Fault::Content(format!("its footer has more than {} MiB", LARGEST_FOOTER >> 20))),
    }
}

/// Add the values of a page.
fn add(page: &Page, nullable: bool, hashes: &mut Hashes) -> Result<(), Fault> {
    let cut = || Fault::of("damaged: a page is cut");
    let values = match page {
        Page::DictionaryPage { buf, .. } => buf.as_ref(),
        // Indexes of a dictionary.
        _ if matches!(page.encoding(), Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY) => return Ok(()),
        Page::DataPage { buf, def_level_encoding: Encoding::RLE, .. } if nullable => {
            let (length, rest) = buf.split_first_chunk().ok_or_else(cut)?;
            let levels = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
            rest.get(levels..).ok_or_else(cut)?
        }
        Page::DataPage { buf, .. } if !nullable => buf.as_ref(),
        Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
            let levels = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
            buf.get(usize::try_from(levels).unwrap_or(usize::MAX)..).ok_or_else(cut)?
        }
        Page::DataPage { .. } => return Err(Fault::of("an encoding of nulls that is not supported")),
    };
    if !matches!(page.encoding(), Encoding::PLAIN | Encoding::PLAIN_DICTIONARY) {
        return Err(Fault::Content(format!("the encoding {} is not supported", page.encoding())));
    }
    // Each value behind its length.
    let mut rest = values;
    while let Some((length, behind)) = rest.split_first_chunk() {
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (value, behind) = behind.split_at_checked(length).ok_or_else(cut)?;
        hashes.add(value)?;
        rest = behind;
    }
    if rest.is_empty() { Ok(()) } else { Err(cut()) }
}

/// A file whose pages are refused before memory is allocated for them.
struct Bounded {
    file: File,
    /// Of the pages so far, decompressed.
    bytes: AtomicU64,
}

impl Length for Bounded {
    fn len(&self) -> u64 {
        Length::len(&self.file)
    }
}

impl ChunkReader for Bounded {
    type T = Take<<File as ChunkReader>::T>;

    /// The head of a page: the only use that is made of this.
    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        let refused = |message: &str| Err(ParquetError::General(message.to_owned()));
        let Some(bytes) = decompressed_size(self.file.get_read(start)?.take(LARGEST_HEAD)) else {
            return refused("the head of a page is invalid");
        };
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if bytes > LARGEST_PAGE || before.saturating_add(bytes) > MOST_BYTES {
            return refused("its pages are too large");
        }
        Ok(self.file.get_read(start)?.take(LARGEST_HEAD))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        if u64::try_from(length).is_ok_and(|length| length <= LARGEST_PAGE) {
            return self.file.get_bytes(start, length);
        }
        Err(ParquetError::General("its pages are too large".to_owned()))
    }
}

/// The second number of the head of a page. The first three fields are its type, this, and the compressed size; all writers
/// write fields in their order.
fn decompressed_size(mut head: impl Read) -> Option<u64> {
    // In Thrift's compact protocol: the distance to the field before, and the type of a 32-bit number.
    const NEXT_NUMBER: u8 = 0x15;
    let mut start = [0; 16];
    let length = head.read(&mut start).ok()?;
    let mut bytes = start.into_iter().take(length);
    let mut number = || {
        if bytes.next()? != NEXT_NUMBER {
            return None;
        }
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = bytes.next()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                // Zigzag: an odd number is a negative one.
                return (value & 1 == 0).then_some(value >> 1);
            }
        }
        None
    };
    number()?;
    number()
}
