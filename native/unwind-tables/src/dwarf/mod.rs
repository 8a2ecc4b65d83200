//! `.eh_frame` and `.debug_frame`: entries for functions, each a small program that gives a row of rules for every address.
//!
//! gimli parses entries and runs their programs to a row; [`row`] applies a row to a frame, [`expression`] computes the DWARF
//! expressions in it. [`index`] lists the entries by address when the stored form is made.

mod common;
mod entry_length;
mod expression;
pub(crate) mod index;
mod listing;
mod registers;
mod row;

use common::Common;
use gimli::{
    BaseAddresses, DebugFrame, EhFrame, EndianSlice, FrameDescriptionEntry, LittleEndian, UnwindOffset, UnwindSection,
    Vendor,
};
use unwind::{UnwindState, Unwound};
use vocabulary::Arch;

use crate::format::Section;
use crate::kind::Kind;

type Slice<'s> = EndianSlice<'s, LittleEndian>;
type Entry<'s> = FrameDescriptionEntry<Slice<'s>>;

/// Entries that begin at or below an address and may hold it: ranges do not overlap, except where a linker left out a function.
const LOOKED_BACK: usize = 4;

/// A section of call frame information with the index of its entries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    arch: Arch,
    /// The address of the image in the file, from which relative addresses count.
    base: u64,
    frames: Section,
    index: Section,
}

/// The rules of one entry, for one address.
#[derive(Debug)]
pub struct Rules<'s> {
    frames: Frames<'s>,
    entry: Entry<'s>,
    /// The address that was looked up, as addresses in the file are.
    address: u64,
}

/// A section with the conventions of its image.
#[derive(Clone, Debug)]
struct Frames<'s> {
    bytes: &'s [u8],
    section: AnySection<'s>,
    bases: BaseAddresses,
    address_size: u8,
}

#[derive(Clone, Copy, Debug)]
enum AnySection<'s> {
    Eh(EhFrame<Slice<'s>>),
    Debug(DebugFrame<Slice<'s>>),
}

impl<'s> Frames<'s> {
    /// `address` is that of the section, as addresses in the file are.
    fn new(arch: Arch, kind: Kind, address: u64, bytes: &'s [u8]) -> Self {
        let address_size = if arch.pointer_size() == 4 { 4 } else { 8 };
        // It decides how an opcode is read that stands for the signing of return addresses on 64-bit ARM.
        let vendor = match arch {
            Arch::Arm64 | Arch::Arm64e | Arch::Arm64_32 => Vendor::AArch64,
            Arch::X86 | Arch::Amd64 | Arch::Arm => Vendor::Default,
        };
        let section = if kind == Kind::DebugFrame {
            let mut section = DebugFrame::new(bytes, LittleEndian);
            section.set_address_size(address_size);
            section.set_vendor(vendor);
            AnySection::Debug(section)
        } else {
            let mut section = EhFrame::new(bytes, LittleEndian);
            section.set_address_size(address_size);
            section.set_vendor(vendor);
            AnySection::Eh(section)
        };
        Self { bytes, section, bases: BaseAddresses::default().set_eh_frame(address), address_size }
    }

    /// The entry at an offset of the section, if it is one of a function.
    fn entry(&self, offset: usize, common: &mut Common<'s>) -> Option<Entry<'s>> {
        match &self.section {
            AnySection::Eh(section) => self.entry_in(section, offset, common),
            AnySection::Debug(section) => self.entry_in(section, offset, common),
        }
    }

    fn entry_in<S: UnwindSection<Slice<'s>>>(
        &self,
        section: &S,
        offset: usize,
        common: &mut Common<'s>,
    ) -> Option<Entry<'s>> {
        let shared = |section: &S, bases: &BaseAddresses, at: S::Offset| {
            common.at(self, UnwindOffset::into(at), || section.cie_from_offset(bases, at))
        };
        section.fde_from_offset(&self.bases, offset.into(), shared).ok()
    }
}

impl Table {
    /// The table in a section; the section behind it is its index.
    pub(crate) fn new(arch: Arch, base: u64, frames: Section, index: Option<Section>) -> Option<Self> {
        let expected = if frames.kind == Kind::DebugFrame { Kind::DebugFrameIndex } else { Kind::EhFrameIndex };
        let index = index.filter(|section| section.kind == expected)?;
        Some(Self { arch, base, frames, index })
    }

    /// Whether it is the table of a section.
    pub(crate) fn is_in(&self, section: &Section) -> bool {
        self.frames == *section
    }

    pub(crate) fn rules_at<'s>(&self, whole: &'s [u8], rva: u64) -> Option<Rules<'s>> {
        let frames =
            Frames::new(self.arch, self.frames.kind, self.base.wrapping_add(self.frames.rva), self.frames.bytes(whole));
        let address = self.base.checked_add(rva)?;
        let rows = index::rows(self.index.bytes(whole));
        let behind = rows.partition_point(|row| u64::from(row.start.get()) <= rva);
        let before = rows.get(..behind)?.iter().rev().take(LOOKED_BACK);
        let mut common = Common::default();
        let entry = before
            .filter_map(|row| frames.entry(usize::try_from(row.offset.get()).ok()?, &mut common))
            .find(|entry| entry.contains(address))?;
        Some(Rules { frames, entry, address })
    }

    /// How many functions have an entry.
    pub(crate) fn count(&self, whole: &[u8]) -> u64 {
        index::rows(self.index.bytes(whole)).len() as u64
    }
}

impl Rules<'_> {
    pub(crate) fn apply(&self, callee: &impl UnwindState) -> Unwound {
        match &self.frames.section {
            AnySection::Eh(section) => row::apply(section, self, callee),
            AnySection::Debug(section) => row::apply(section, self, callee),
        }
        .unwrap_or(Unwound::Failed)
    }

    pub(crate) fn size(&self) -> usize {
        self.entry.entry_len().saturating_add(self.entry.cie().entry_len())
    }
}
