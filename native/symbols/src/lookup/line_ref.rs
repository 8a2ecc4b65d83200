//! The line record that covers an address.

use super::block::LineEntry;

/// The contents of a line record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineRef {
    /// First address.
    pub(crate) address: u64,
    /// Source line.
    pub(crate) line: u32,
    /// FILE id.
    pub(crate) file: u32,
}

impl LineRef {
    #[inline]
    pub(crate) fn of(entry: &LineEntry<'_>) -> Self {
        let (line, file) = entry.line_and_file();
        Self { address: entry.address, line, file }
    }
}
