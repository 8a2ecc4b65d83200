//! Guard pages: small parts of the address space that permit no access, beside memory that is used.

use minidump::{Dump, MemoryRegionInfo, RegionState};

/// The largest guard sighted: 32 KiB, as rust-minidump has it.
const LARGEST: u64 = 32 << 10;

/// Whether an address is likely in a guard page. Without a memory map nothing is.
pub(super) fn is_likely(dump: &Dump<'_>, address: u64) -> bool {
    let Some(region) = dump.region_info_at(address) else { return false };
    if region.protection.guard {
        return true;
    }
    region.state == RegionState::Committed
        && !accessible(region)
        && region.size <= LARGEST
        && (touches(dump, region.base.checked_sub(1)) || touches(dump, Some(region.end())))
}

const fn accessible(region: &MemoryRegionInfo) -> bool {
    let protection = region.protection;
    protection.read || protection.write || protection.execute
}

fn touches(dump: &Dump<'_>, neighbour: Option<u64>) -> bool {
    neighbour.and_then(|address| dump.region_info_at(address)).is_some_and(accessible)
}
