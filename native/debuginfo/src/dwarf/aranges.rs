//! Units by `.debug_aranges`, which says where units have code without a look at each of them.
//!
//! GCC writes it, clang on Linux does not; rustc leaves out units, and Apple's linker some code. So it is good for addresses
//! that it lists, and says nothing about others. Of a file of gigabytes that is not in memory, it replaces a page of each
//! unit by a few megabytes that follow each other.

use gimli::{DebugAranges, LittleEndian};

use crate::ranges;
use crate::wanted::Wanted;

/// Offsets in `.debug_info` of the units that have code at some addresses, in the order of the file; `base` is the image's.
/// `None`: an address is not listed, or the section is damaged.
pub(super) fn units_at(section: &[u8], wanted: &Wanted, base: u64) -> Option<Vec<usize>> {
    let mut offsets = Vec::new();
    let mut listed: Vec<(u64, u64)> = Vec::new();
    let mut headers = DebugAranges::new(section, LittleEndian).headers();
    while let Some(header) = headers.next().ok()? {
        let mut entries = header.entries();
        let before = listed.len();
        while let Some(entry) = entries.next().ok()? {
            let range = entry.range();
            let Some((start, end)) = range.begin.checked_sub(base).zip(range.end.checked_sub(base)) else { continue };
            if wanted.are_in(&[(start, end)]) {
                listed.push((start, end));
            }
        }
        if listed.len() > before {
            offsets.push(header.debug_info_offset().0);
        }
    }
    ranges::join(&mut listed);
    let is_listed = |address: &u64| {
        let next = listed.partition_point(|range| range.1 <= *address);
        listed.get(next).is_some_and(|range| range.0 <= *address)
    };
    offsets.sort_unstable();
    offsets.dedup();
    wanted.as_slice().iter().all(is_listed).then_some(offsets)
}
