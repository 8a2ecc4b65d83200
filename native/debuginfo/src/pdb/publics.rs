//! Public symbols: the only names in a stripped PDB, and those of code without debug information.

use std::borrow::Cow;

use super::address_map::AddressMap;
use super::public::{Public, extent, name, place};
use super::records::{Records, S_PUB32};
use super::sections::Sections;
use crate::deadline::Deadline;
use crate::wanted::Wanted;

/// Public symbols of code, one for each address.
#[derive(Debug, Default)]
pub(super) struct Publics<'m> {
    /// By address. If only some addresses are wanted, for each the last one at or before it, and the next one.
    pub(super) list: Vec<Public<'m>>,
    /// Where the others are found, if only some addresses are wanted.
    others: Option<AddressMap<'m>>,
}

impl<'m> Publics<'m> {
    /// All public symbols in the stream of global symbols; some of them, if the time is over.
    pub(super) fn all(symbols: &'m [u8], sections: &Sections, deadline: Deadline) -> Self {
        let mut found: Vec<Public<'m>> = Vec::new();
        let mut records = Records::new(symbols, 0);
        let mut watch = deadline.watch();
        while let Some((kind, record)) = records.raw() {
            if watch.is_over() {
                break;
            }
            if kind == S_PUB32
                && let Some((address, limit)) = place(record).and_then(|place| extent(place, sections))
                && let Some(name) = name(record.0)
            {
                found.push(Public { address, limit, name: Cow::Borrowed(name), is_folded: false });
            }
        }
        found.sort_by_key(|public| public.address);
        found.dedup_by(|next, first| {
            let is_same = next.address == first.address;
            first.is_folded |= is_same && next.name != first.name;
            is_same
        });
        Self { list: found, others: None }
    }

    /// Those that some addresses need. `None`: the map is damaged.
    pub(super) fn of(map: AddressMap<'m>, wanted: &Wanted, sections: &Sections) -> Option<Self> {
        let mut list: Vec<Public<'m>> = Vec::new();
        for &address in wanted.as_slice() {
            let Some((start, limit)) = sections.around(address) else { continue };
            let next = map.first_at(address + 1, sections)?;
            for public in [map.public_before(next, start, sections)?, map.public_from(next, limit, sections)?] {
                list.extend(public);
            }
        }
        list.sort_by_key(|public| public.address);
        list.dedup_by_key(|public| public.address);
        Some(Self { list, others: Some(map) })
    }

    /// Whether the last public symbol at or before an address is of folded functions.
    pub(super) fn is_folded_at(&self, address: u64) -> bool {
        let next = self.list.partition_point(|public| public.address <= address);
        next.checked_sub(1).and_then(|last| self.list.get(last)).is_some_and(|public| public.is_folded)
    }

    /// Whether several public symbols have this address: the linker gave equal functions one.
    pub(super) fn is_folded(&self, address: u64, sections: &Sections) -> bool {
        match self.list.binary_search_by_key(&address, |public| public.address) {
            Ok(at) => self.list.get(at).is_some_and(|public| public.is_folded),
            Err(_) => self.others.as_ref().is_some_and(|map| map.is_folded(address, sections)),
        }
    }
}
