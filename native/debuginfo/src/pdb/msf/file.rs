//! The bytes of a file, of which some parts may not be there.

use crate::present::Present;

/// A file.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'d> {
    pub(super) bytes: &'d [u8],
    /// Which parts of it are there; `None`: all.
    pub(super) present: Option<&'d Present>,
}

impl<'d> File<'d> {
    /// A part of the file. `None`: the file ends before, or the part is not there.
    #[inline]
    pub(super) fn range(&self, start: usize, length: usize) -> Option<&'d [u8]> {
        let end = start.checked_add(length)?;
        let bytes = self.bytes.get(start..end)?;
        self.present.is_none_or(|present| present.has(start as u64..end as u64)).then_some(bytes)
    }
}
