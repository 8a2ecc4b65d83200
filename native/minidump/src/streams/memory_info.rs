//! What the address space looked like: MemoryInfoList (16), or the maps of Linux in the same shape.

use crate::directory::Stream;
use crate::faults::Faults;
use crate::lists::{self, Count};
use crate::reader::{u32_or_0, u64_or_0};

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

impl Protection {
    /// From `PAGE_*` of Windows.
    pub(crate) const fn from_windows(bits: u32) -> Self {
        Self { read: bits & 0xee != 0, write: bits & 0xcc != 0, execute: bits & 0xf0 != 0, guard: bits & 0x100 != 0 }
    }
}

pub(crate) fn parse(stream: &Stream<'_>, faults: &mut Faults) -> Vec<MemoryRegionInfo> {
    let mut regions = Vec::new();
    for entry in lists::sized(stream, Count::Long, 40, faults) {
        let base = u64_or_0(entry.bytes, 0);
        let size = u64_or_0(entry.bytes, 24).min(u64::MAX - base);
        if size == 0 {
            faults.add(stream.kind, Some(entry.index), entry.offset, "the region has no size and is skipped");
            continue;
        }
        let state = match u32_or_0(entry.bytes, 32) {
            0x2000 => RegionState::Reserved,
            0x1_0000 => RegionState::Free,
            _ => RegionState::Committed,
        };
        let protection = match state {
            RegionState::Committed => Protection::from_windows(u32_or_0(entry.bytes, 36)),
            RegionState::Reserved | RegionState::Free => Protection::default(),
        };
        let kind = match u32_or_0(entry.bytes, 40) {
            0x2_0000 => RegionKind::Private,
            0x4_0000 => RegionKind::Mapped,
            0x100_0000 => RegionKind::Image,
            _ => RegionKind::Unknown,
        };
        regions.push(MemoryRegionInfo { base, size, protection, state, kind });
    }
    in_order(regions)
}

/// Sort regions and cut off what overlaps the one below, so that an address has one answer.
pub(crate) fn in_order(mut regions: Vec<MemoryRegionInfo>) -> Vec<MemoryRegionInfo> {
    if !regions.is_sorted_by_key(|r| r.base) {
        regions.sort_by_key(|r| r.base);
    }
    let mut from = 0;
    regions.retain_mut(|region| {
        let end = region.end();
        region.base = region.base.max(from);
        region.size = end.saturating_sub(region.base);
        from = from.max(end);
        region.size != 0
    });
    regions
}
