//! What the address space of a process holds: memory, modules, and what may be done with which part.

use crate::bytes::Bytes;

/// Consecutive bytes of a process.
#[derive(Clone, Copy, Debug)]
pub struct Region<'a> {
    /// Address of the first byte.
    pub base: u64,
    /// The bytes, never empty.
    pub bytes: Bytes<'a>,
}

impl<'a> Region<'a> {
    /// One past the last address.
    #[must_use]
    #[inline]
    pub fn end(&self) -> u64 {
        self.base.saturating_add(self.bytes.len() as u64)
    }

    /// Whether it has an address.
    #[must_use]
    #[inline]
    pub fn contains(&self, address: u64) -> bool {
        address.wrapping_sub(self.base) < self.bytes.len() as u64
    }

    /// `length` bytes at an address, if all of them are in the region.
    #[must_use]
    #[inline]
    pub fn read(&self, address: u64, length: usize) -> Option<&'a [u8]> {
        let start = usize::try_from(address.checked_sub(self.base)?).ok()?;
        self.bytes.get(start, start.checked_add(length)?)
    }

    /// Up to `most` bytes from an address on; `None` if the address is outside of the region, other than at its end.
    #[must_use]
    #[inline]
    pub fn read_up_to(&self, address: u64, most: usize) -> Option<&'a [u8]> {
        let start = usize::try_from(address.checked_sub(self.base)?).ok()?;
        self.bytes.get(start, self.bytes.len().min(start.saturating_add(most)))
    }
}

/// Addresses that belong to one module: `start..end`. Where modules overlap one may have several ranges,
/// or none, and its first range need not begin at its base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModuleRange {
    /// First address.
    pub start: u64,
    /// One past the last address.
    pub end: u64,
    /// Index in the process's list of modules, from whose base offsets in the module count.
    pub module: usize,
}

/// What may be done with memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Protection {
    /// May be read.
    pub read: bool,
    /// May be written, copy-on-write included.
    pub write: bool,
    /// May be executed.
    pub execute: bool,
    /// A Windows guard page: the first touch raises.
    pub guard: bool,
}

/// Whether address space has memory behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegionState {
    /// Memory is there.
    Committed,
    /// Set aside, without memory.
    Reserved,
    /// Nothing is there.
    Free,
}

/// What memory belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegionKind {
    /// The process's own.
    Private,
    /// A mapped file.
    Mapped,
    /// A loaded module (Windows).
    Image,
    /// A thread's stack (Linux and Android, by its name in the maps).
    Stack,
    /// The memory of an allocator (Linux and Android, by its name in the maps).
    Heap,
    /// Not said.
    Unknown,
}

/// One stretch of address space with the same properties.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryRegionInfo {
    /// First address.
    pub base: u64,
    /// Bytes, never 0; `base + size` does not wrap.
    pub size: u64,
    /// What may be done with it.
    pub protection: Protection,
    /// Committed, reserved, free.
    pub state: RegionState,
    /// Private, mapped, image.
    pub kind: RegionKind,
}

impl MemoryRegionInfo {
    /// One past the last address.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.base.saturating_add(self.size)
    }

    /// The one of `regions` that holds an address. They are sorted by address and do not overlap.
    #[must_use]
    pub fn find(regions: &[Self], address: u64) -> Option<&Self> {
        let after = regions.partition_point(|region| region.base <= address);
        let region = regions.get(after.checked_sub(1)?)?;
        (address < region.end()).then_some(region)
    }
}
