//! The stored form of a module's unwind tables, version 1.
//!
//! All numbers are little-endian. The head, at offset 0:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `UNWTAB` CR LF |
//! | 4, 4 | version; number of sections, at most 1024 |
//! | 4, 4 | architecture and operating system: see [`arch_of`] and [`os_of`] |
//! | 8 | the address in the file that is the image's base: addresses in DWARF tables count from 0 |
//! | 8, 8 | bytes of the source file, and its modification time, nanoseconds since 1970 (0: it was no file) |
//! | 8 | bytes of this file |
//! | 8 | checksum of the head, zero in this place, and the table of sections |
//!
//! The table of sections follows, 32 bytes for each:
//!
//! | bytes | what |
//! |---|---|
//! | 4, 4 | [`Kind`]; 0 |
//! | 8 | address relative to the image's base; 0 for sections that are not part of the image |
//! | 8, 8 | offset in this file, a multiple of 8, and bytes |
//!
//! Tables are tried in the order of their sections. The sections follow, padded with zeros to multiples of 8. No checksum is over
//! them, so that opening reads nothing of them: their content is checked where it is used.

use symbols::index::Stamp;
use vocabulary::{Arch, Os};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::error::Error;
use crate::kind::Kind;

pub(crate) const MAGIC: [u8; 8] = *b"UNWTAB\r\n";
/// The version of the form.
pub const VERSION: u32 = 1;
/// Sections at most. Linkers write a dozen.
pub const MAX_SECTIONS: usize = 1024;

/// The head.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Head {
    pub(crate) magic: [u8; 8],
    pub(crate) version: U32,
    pub(crate) sections: U32,
    pub(crate) arch: U32,
    pub(crate) os: U32,
    pub(crate) base: U64,
    pub(crate) source_size: U64,
    pub(crate) source_modified: U64,
    pub(crate) size: U64,
    pub(crate) checksum: U64,
}

/// An entry of the table of sections.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) kind: U32,
    pub(crate) reserved: U32,
    pub(crate) rva: U64,
    pub(crate) offset: U64,
    pub(crate) size: U64,
}

/// Where the table of sections begins.
pub(crate) const TABLE: usize = size_of::<Head>();

/// The head and the sections of a stored form, checked: it is of this version and whole, and every section lies in it.
///
/// # Errors
/// [`Error::Foreign`], [`Error::Damaged`].
pub(crate) fn check(bytes: &[u8], source: Stamp) -> Result<(Head, &[Entry]), Error> {
    let (head, rest) = Head::read_from_prefix(bytes).map_err(|_| Error::Foreign)?;
    let is_ours = head.magic == MAGIC
        && head.version.get() == VERSION
        && head.source_size.get() == source.size
        && head.source_modified.get() == source.modified;
    if !is_ours {
        return Err(Error::Foreign);
    }
    if head.size.get() != bytes.len() as u64 {
        return Err(Error::Damaged("its size is not the one in its head"));
    }
    let count = usize::try_from(head.sections.get()).ok().filter(|&count| count <= MAX_SECTIONS);
    let count = count.ok_or(Error::Damaged("it has too many sections"))?;
    let entries =
        <[Entry]>::ref_from_prefix_with_elems(rest, count).map_err(|_| Error::Damaged("no table of sections"))?.0;
    if head.checksum.get() != checksum(head, entries) {
        return Err(Error::Damaged("the checksum of its head"));
    }
    let is_inside =
        |entry: &Entry| entry.offset.get().checked_add(entry.size.get()).is_some_and(|end| end <= bytes.len() as u64);
    if !entries.iter().all(is_inside) {
        return Err(Error::Damaged("a section ends behind its end"));
    }
    Ok((head, entries))
}

/// The state of the file that a stored form says it was made from; `None` if it is too short for a head.
pub(crate) fn source(bytes: &[u8]) -> Option<Stamp> {
    let (head, _) = Head::read_from_prefix(bytes).ok()?;
    Some(Stamp { size: head.source_size.get(), modified: head.source_modified.get() })
}

/// The checksum of head and table of sections: FNV-1a, 64 bits.
pub(crate) fn checksum(head: Head, entries: &[Entry]) -> u64 {
    let head = Head { checksum: U64::ZERO, ..head };
    let bytes = head.as_bytes().iter().chain(entries.as_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum: u64, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Architectures by their numbers in the stored form.
const ARCHS: [Arch; 6] = [Arch::X86, Arch::Amd64, Arch::Arm, Arch::Arm64, Arch::Arm64e, Arch::Arm64_32];
/// Operating systems by their numbers in the stored form.
const SYSTEMS: [Os; 5] = [Os::Windows, Os::Linux, Os::Android, Os::MacOs, Os::Ios];

/// The architecture of a number: its place in x86, x86-64, ARM, ARM64, ARM64e, ARM64_32.
#[must_use]
pub fn arch_of(number: u32) -> Option<Arch> {
    ARCHS.get(usize::try_from(number).ok()?).copied()
}

/// The operating system of a number: its place in Windows, Linux, Android, macOS, iOS; unknown if it is not among them.
#[must_use]
pub fn os_of(number: u32) -> Os {
    usize::try_from(number).ok().and_then(|at| SYSTEMS.get(at)).copied().unwrap_or(Os::Unknown)
}

/// The number of an architecture.
pub(crate) fn arch_number(arch: Arch) -> u32 {
    number(&ARCHS, arch)
}

/// The number of an operating system.
pub(crate) fn os_number(os: Os) -> u32 {
    number(&SYSTEMS, os)
}

fn number<T: PartialEq>(list: &[T], one: T) -> u32 {
    list.iter().position(|other| *other == one).and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX)
}

/// A section of a stored form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Section {
    pub(crate) kind: Kind,
    pub(crate) rva: u64,
    start: usize,
    end: usize,
}

impl Section {
    /// `None` for a kind that this version does not know.
    pub(crate) fn of(entry: &Entry) -> Option<Self> {
        let start = usize::try_from(entry.offset.get()).ok()?;
        let end = start.checked_add(usize::try_from(entry.size.get()).ok()?)?;
        Some(Self { kind: Kind::of(entry.kind.get())?, rva: entry.rva.get(), start, end })
    }

    /// Its bytes in those of the whole.
    #[inline]
    pub(crate) fn bytes<'s>(&self, whole: &'s [u8]) -> &'s [u8] {
        whole.get(self.start..self.end).unwrap_or_default()
    }
}
