//! The index of a section of call frame information: where the entry of each function begins, by its first address.
//!
//! It is made once, from `.eh_frame_hdr` if there is a sound one, else from the entries. An entry that cannot be read is left
//! out; the others are kept.

use vocabulary::Arch;
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Frames;
use super::common::Common;
use super::entry_length::{extent, word};
use crate::kind::Kind;

/// A function and its entry.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub(crate) struct Row {
    /// The first address, relative to the image's base.
    pub(crate) start: U32,
    /// Where its entry begins in the section.
    pub(crate) offset: U32,
}

/// The rows of an index. Bytes that do not fill one are left out.
pub(super) fn rows(bytes: &[u8]) -> &[Row] {
    let whole = bytes.len() / size_of::<Row>() * size_of::<Row>();
    bytes.get(..whole).and_then(|bytes| <[Row]>::ref_from_bytes(bytes).ok()).unwrap_or_default()
}

/// A section that gets an index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'d> {
    pub(crate) arch: Arch,
    pub(crate) kind: Kind,
    /// The image's base, and the section's address relative to it.
    pub(crate) base: u64,
    pub(crate) rva: u64,
    pub(crate) bytes: &'d [u8],
}

/// The index of a section. `header` is `.eh_frame_hdr` and its address relative to the image's base.
pub(crate) fn build(source: &Source<'_>, header: Option<(u64, &[u8])>) -> Vec<Row> {
    let found = header.and_then(|(rva, bytes)| of_header(source, rva, bytes));
    let mut rows = found.unwrap_or_else(|| of_entries(source));
    rows.sort_unstable_by_key(|row| (row.start.get(), row.offset.get()));
    rows.dedup();
    rows
}

/// The rows in `.eh_frame_hdr`, if it has the form that all linkers write, and its first and last row hold what the section has.
fn of_header(source: &Source<'_>, rva: u64, bytes: &[u8]) -> Option<Vec<Row>> {
    // Version 1; a pointer to the section, relative to itself; the number of rows; rows relative to this header.
    const FORM: [u8; 4] = [1, 0x1b, 0x03, 0x3b];
    let (head, rest) = bytes.split_first_chunk::<12>()?;
    if head.first_chunk::<4>() != Some(&FORM) {
        return None;
    }
    let count = usize::try_from(u32::from_le_bytes(*head.last_chunk()?)).ok()?;
    let (pairs, _) = rest.as_chunks::<4>();
    let pairs = pairs.get(..count.checked_mul(2)?)?;
    let relative = |word: &[u8; 4], to: u64| rva.checked_add_signed(i32::from_le_bytes(*word).into())?.checked_sub(to);
    let row = |pair: &[[u8; 4]]| {
        let [start, entry] = pair else { return None };
        let start = u32::try_from(relative(start, 0)?).ok()?;
        Some(Row { start: start.into(), offset: u32::try_from(relative(entry, source.rva)?).ok()?.into() })
    };
    let rows = pairs.chunks_exact(2).map(row).collect::<Option<Vec<Row>>>()?;
    let frames = frames(source);
    let is_sound = |row: &Row| {
        let offset = usize::try_from(row.offset.get()).ok();
        let entry = offset.and_then(|offset| frames.entry(offset, &mut Common::default()));
        entry.is_some_and(|entry| entry.initial_address().wrapping_sub(source.base) == u64::from(row.start.get()))
    };
    (rows.first().is_some_and(is_sound) && rows.last().is_some_and(is_sound)).then_some(rows)
}

fn frames<'d>(source: &Source<'d>) -> Frames<'d> {
    Frames::new(source.arch, source.kind, source.base.wrapping_add(source.rva), source.bytes)
}

/// The rows of a section's entries, one after the other.
fn of_entries(source: &Source<'_>) -> Vec<Row> {
    let frames = frames(source);
    let is_debug = source.kind == Kind::DebugFrame;
    let mut rows = Vec::new();
    let mut common = Common::default();
    let mut at = 0;
    while let Some(length) = word(source.bytes, at) {
        let Some((wide, length)) = extent(source.bytes, at, length) else { break };
        let id = word(source.bytes, at + if wide { 12 } else { 4 });
        // Of `.eh_frame` the id of what several functions share is 0, of `.debug_frame` all ones.
        let is_common = if is_debug { id == Some(u32::MAX) } else { id == Some(0) && !wide };
        if length > 4
            && !is_common
            && let Some(entry) = frames.entry(at, &mut common)
            && entry.len() > 0
            && let Some(start) = entry.initial_address().checked_sub(source.base)
            && let (Ok(start), Ok(offset)) = (u32::try_from(start), u32::try_from(at))
        {
            rows.push(Row { start: start.into(), offset: offset.into() });
        }
        at += length;
    }
    rows
}
