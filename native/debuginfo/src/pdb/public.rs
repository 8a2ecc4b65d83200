//! One public symbol, and its record.

use std::borrow::Cow;

use super::sections::Sections;
use crate::fields::Fields;
use crate::image::is_blank;
use crate::limits;

/// A public symbol of code.
#[derive(Clone, Debug)]
pub(super) struct Public<'b> {
    /// Relative to the image.
    pub(super) address: u64,
    /// Where it ends at the latest ([`Sections::part_end`]).
    pub(super) limit: u64,
    pub(super) name: Cow<'b, [u8]>,
    /// Another symbol with another name has the same address: the linker folded equal functions.
    pub(super) is_folded: bool,
}

/// Section and offset of a record: `flags, offset` in 4 bytes each, `section` in 2, `name`.
pub(super) fn place(record: Fields<'_>) -> Option<(u16, u32)> {
    Some((record.u16(8)?, record.u32(4)?))
}

/// The address at a section and an offset, and where a symbol there ends at the latest; `None`: it is no code.
pub(super) fn extent((section, offset): (u16, u32), sections: &Sections) -> Option<(u64, u64)> {
    Some((sections.code(section, offset)?.0, sections.part_end(section, offset)?))
}

/// The name in a record; `None` if it is blank.
pub(super) fn name(record: &[u8]) -> Option<&[u8]> {
    let name = Fields(record).text(10)?;
    Some(name.get(..limits::NAME).unwrap_or(name)).filter(|name| !is_blank(name))
}
