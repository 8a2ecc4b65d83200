//! The entries of `.pdata`, whose size depends on the processor.

/// The entries of a table, by address, `N` bytes each; the first four of them are the address at which a function begins.
/// Bytes after the last whole one are padding.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'d, const N: usize>(&'d [[u8; N]]);

impl<'d, const N: usize> Entries<'d, N> {
    /// The table in a section.
    #[must_use]
    pub const fn new(section: &'d [u8]) -> Self {
        Self(section.as_chunks().0)
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The bytes of all entries, in the order of the file.
    pub(super) fn all(self) -> impl Iterator<Item = &'d [u8; N]> {
        self.0.iter()
    }

    /// The bytes of the entry whose code begins last before an address, or at it.
    pub(super) fn last_before(self, rva: u32) -> Option<&'d [u8; N]> {
        let begin = |bytes: &[u8; N]| bytes.first_chunk().map_or(u32::MAX, |bytes| u32::from_le_bytes(*bytes));
        self.0.get(self.0.partition_point(|bytes| begin(bytes) <= rva).checked_sub(1)?)
    }
}
