//! The layout of the address space: at the address of the crash, and the whole of it on request.

use minidump::{MapEntry, MemoryRegionInfo, Protection, RegionKind, RegionState};

use super::DumpReport;
use crate::json::{Hex, Writer};

impl DumpReport<'_> {
    /// `crash_info.address_region`: the region of the address that could not be accessed or executed.
    pub(super) fn address_region(&self, w: &mut Writer) {
        w.key("address_region");
        let address = self.reason.as_ref().and_then(|r| r.address);
        match address.and_then(|address| self.dump.region_info_at(address)) {
            None => w.null(),
            Some(region) => {
                let mut files = self.files();
                let file = files.find(|map| map.start <= region.base && region.base < map.end);
                self.region(w, region, file.as_ref());
            }
        }
    }

    /// `memory_map`: all of it, which may be thousands of regions.
    pub(super) fn memory_map(&self, w: &mut Writer) {
        if !self.options.full {
            return;
        }
        w.key("memory_map");
        if self.dump.regions.is_empty() {
            return w.null();
        }
        // The map's lines are in order but for hostile ones, which only lose their names.
        let mut files = self.files().peekable();
        w.list("memory_map", &self.dump.regions, |w, region| {
            while files.next_if(|map| map.end <= region.base).is_some() {}
            // One name for one region, however many lie inside of a line.
            self.region(w, region, files.peek().filter(|map| map.start == region.base));
        });
    }

    fn files(&self) -> impl Iterator<Item = MapEntry<'_>> {
        minidump::map_entries(self.dump.linux.maps.unwrap_or_default())
    }

    fn region(&self, w: &mut Writer, region: &MemoryRegionInfo, file: Option<&MapEntry<'_>>) {
        w.begin_object();
        w.field("base_addr", Hex(region.base, self.width));
        w.field("end_addr", Hex(region.end(), self.width));
        let state = match region.state {
            RegionState::Committed => "committed",
            RegionState::Reserved => "reserved",
            RegionState::Free => "free",
        };
        w.field("state", state);
        w.field("protection", letters(region.protection));
        w.field("guard", region.protection.guard);
        let kind = match region.kind {
            RegionKind::Private | RegionKind::Stack | RegionKind::Heap => Some("private"),
            RegionKind::Mapped => Some("mapped"),
            RegionKind::Image => Some("image"),
            RegionKind::Unknown => None,
        };
        w.field("kind", kind);
        w.key("name");
        let name = file.map(|map| String::from_utf8_lossy(map.name)).filter(|name| !name.is_empty());
        w.optional_string(name.as_deref());
        w.end_object();
    }
}

/// `rwx`, a `-` for what may not be done.
fn letters(protection: Protection) -> String {
    let Protection { read, write, execute, .. } = protection;
    [(read, 'r'), (write, 'w'), (execute, 'x')].iter().map(|&(may, letter)| if may { letter } else { '-' }).collect()
}
