//! Memory of the process: MemoryList (5), Memory64List (9) and thread stacks, as one address space.

use vocabulary::ranges::{Span, disjoint};
use vocabulary::{Arch, Bytes, Region};

use crate::directory::Stream;
use crate::faults::Faults;
use crate::lists;
use crate::reader::{Location, Source, u64_at, u64_or_0};

/// All memory in the dump: regions sorted by address that do not overlap.
#[derive(Clone, Debug, Default)]
pub struct Memory<'a> {
    regions: Vec<Region<'a>>,
}

impl<'a> Memory<'a> {
    /// The regions, sorted by address.
    #[must_use]
    pub fn regions(&self) -> &[Region<'a>] {
        &self.regions
    }

    /// The region that holds an address.
    #[must_use]
    pub fn region_at(&self, address: u64) -> Option<Region<'a>> {
        let after = self.regions.partition_point(|r| r.base <= address);
        let region = *self.regions.get(after.checked_sub(1)?)?;
        region.contains(address).then_some(region)
    }

    /// `length` bytes at an address, if they all lie in one region.
    #[must_use]
    pub fn read(&self, address: u64, length: usize) -> Option<&'a [u8]> {
        self.region_at(address)?.read(address, length)
    }

    /// A 32-bit little-endian number.
    #[must_use]
    pub fn u32_at(&self, address: u64) -> Option<u32> {
        self.read(address, 4)?.try_into().ok().map(u32::from_le_bytes)
    }

    /// A 64-bit little-endian number.
    #[must_use]
    pub fn u64_at(&self, address: u64) -> Option<u64> {
        self.read(address, 8)?.try_into().ok().map(u64::from_le_bytes)
    }

    /// A machine word of the architecture.
    #[must_use]
    pub fn word(&self, address: u64, arch: Arch) -> Option<u64> {
        match arch.pointer_size() {
            4 => self.u32_at(address).map(u64::from),
            _ => self.u64_at(address),
        }
    }
}

/// Collects regions from the streams that have some; the first to give a byte of memory wins.
#[derive(Default)]
pub(crate) struct MemoryBuilder<'a> {
    regions: Vec<Region<'a>>,
}

impl<'a> MemoryBuilder<'a> {
    /// Add bytes at an address; what would lie beyond the last address is dropped.
    pub(crate) fn add(&mut self, base: u64, bytes: Bytes<'a>) {
        let room = usize::try_from(u64::MAX - base).unwrap_or(usize::MAX);
        let bytes = bytes.part(0, bytes.len().min(room)).unwrap_or_default();
        if !bytes.is_empty() {
            self.regions.push(Region { base, bytes });
        }
    }

    /// MemoryList: base, size and offset of each region.
    pub(crate) fn add_list(&mut self, stream: &Stream<'a>, source: &Source<'a>, faults: &mut Faults) {
        for entry in lists::plain(stream, 16, faults) {
            let base = u64_or_0(entry.bytes, 0);
            let location = Location::at(entry.bytes, 8);
            let bytes = source.unread(location.rva.into(), location.size.into());
            let fault = if location.size == 0 {
                Some("the region is empty and is skipped")
            } else if bytes.is_empty() {
                Some("the region's bytes lie outside of the file: it is skipped")
            } else if bytes.len() < location.size as usize {
                Some("the region's bytes lie partly outside of the file: it is shortened")
            } else if bytes.len() as u64 > u64::MAX - base {
                Some("the region goes beyond the last address: it is shortened")
            } else {
                None
            };
            if let Some(fault) = fault {
                faults.add(stream.kind, Some(entry.index), entry.offset, fault);
            }
            self.add(base, bytes);
        }
    }

    /// Memory64List: base and size of each region, whose bytes follow each other from one offset on.
    pub(crate) fn add_list64(&mut self, stream: &Stream<'a>, source: &Source<'a>, faults: &mut Faults) {
        let (Some(count), Some(mut offset)) = (u64_at(stream.bytes, 0), u64_at(stream.bytes, 8)) else {
            faults.add(stream.kind, None, stream.offset, "the list ends inside its header and is skipped");
            return;
        };
        let entries = &stream.bytes[16..];
        let present = entries.len() as u64 / 16;
        if present < count {
            let message = format!("the list promises {count} regions, there are bytes for {present}");
            faults.add(stream.kind, None, stream.offset, message);
        }
        let count = usize::try_from(count.min(present)).unwrap_or(0);
        for (i, entry) in entries.chunks_exact(16).take(count).enumerate() {
            let (base, size) = (u64_or_0(entry, 0), u64_or_0(entry, 8));
            let bytes = source.unread(offset, size);
            self.add(base, bytes);
            if (bytes.len() as u64) < size {
                let message = "the region's bytes lie outside of the file, and so do those of all after it";
                faults.add(stream.kind, Some(i), stream.offset + 16 + 16 * i as u64, message);
                return;
            }
            offset = offset.saturating_add(size);
        }
    }

    /// Sort the regions and take away overlaps: of two the earlier one gives the bytes, of the later one
    /// what goes beyond is retained.
    pub(crate) fn finish(self) -> Memory<'a> {
        let spans = self.regions.iter().enumerate();
        let spans = spans.map(|(i, r)| Span { start: r.base, end: r.end(), rank: i });
        let regions = disjoint(spans.collect()).into_iter().filter_map(|piece| {
            let region = self.regions.get(piece.rank)?;
            let start = usize::try_from(piece.start - region.base).ok()?;
            let end = usize::try_from(piece.end - region.base).ok()?;
            Some(Region { base: piece.start, bytes: region.bytes.part(start, end)? })
        });
        Memory { regions: regions.collect() }
    }
}

#[cfg(test)]
mod tests;
