//! Public symbols: the only names in a stripped PDB, and those of code without debug information.

use super::records::{Records, S_PUB32};
use super::sections::Sections;
use crate::image::is_blank;
use crate::limits;

/// A public symbol of code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Public<'b> {
    /// Relative to the image.
    pub(super) address: u64,
    /// Where it ends at the latest ([`Sections::part_end`]).
    pub(super) limit: u64,
    pub(super) name: &'b [u8],
    /// Another symbol with another name has the same address: the linker folded equal functions.
    pub(super) is_folded: bool,
}

/// The public symbols of code in the stream of global symbols, by address, one for each.
pub(super) fn publics<'b>(symbols: &'b [u8], sections: &Sections) -> Vec<Public<'b>> {
    let mut found: Vec<Public<'b>> = Vec::new();
    let mut records = Records::new(symbols, 0);
    while let Some((kind, record)) = records.raw() {
        if kind != S_PUB32 {
            continue;
        }
        // `flags, offset` in 4 bytes each, `section` in 2, `name`.
        let (Some(offset), Some(section), Some(name)) = (record.u32(4), record.u16(8), record.text(10)) else {
            continue;
        };
        let place = sections.code(section, offset).zip(sections.part_end(section, offset));
        let Some(((address, _), limit)) = place else { continue };
        let name = name.get(..limits::NAME).unwrap_or(name);
        if !is_blank(name) {
            found.push(Public { address, limit, name, is_folded: false });
        }
    }
    found.sort_by_key(|public| public.address);
    found.dedup_by(|next, first| {
        let is_same = next.address == first.address;
        first.is_folded |= is_same && next.name != first.name;
        is_same
    });
    found
}
