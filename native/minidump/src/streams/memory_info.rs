//! What the address space looked like: MemoryInfoList (16), or the maps of Linux in the same shape.

use vocabulary::{MemoryRegionInfo, Protection, RegionKind, RegionState};

use crate::directory::Stream;
use crate::faults::Faults;
use crate::lists::{self, Count};
use crate::reader::{u32_or_0, u64_or_0};

/// From `PAGE_*` of Windows.
const fn protection(bits: u32) -> Protection {
    Protection { read: bits & 0xee != 0, write: bits & 0xcc != 0, execute: bits & 0xf0 != 0, guard: bits & 0x100 != 0 }
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
            RegionState::Committed => protection(u32_or_0(entry.bytes, 36)),
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
