//! The contents of sections by their names, decompressed.

use super::headers::Headers;
use crate::compressed::{Unpacked, unpack_old};
use crate::limits::Budget;

/// The contents of a section such as `.debug_info`, which may be compressed as `.zdebug_info`: Go does so. `None`: the file has
/// no such section.
pub(super) fn contents<'d>(headers: &Headers<'d>, name: &str, budget: &mut Budget) -> Option<Unpacked<'d>> {
    if let Some(bytes) = headers.section(name.as_bytes()).and_then(|section| section.data) {
        return Some(Unpacked::Whole(bytes.into()));
    }
    let old = [".z", name.strip_prefix('.')?].concat();
    Some(unpack_old(headers.section(old.as_bytes())?.data?, budget))
}
