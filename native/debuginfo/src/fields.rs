//! Little-endian numbers and texts at offsets of a record.

/// The bytes of a record. Every read is checked: `None` where the record ends before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'d>(pub(super) &'d [u8]);

impl<'d> Fields<'d> {
    #[inline]
    pub(crate) fn u8(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    #[inline]
    pub(crate) fn u16(self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes(*self.0.get(at..)?.first_chunk()?))
    }

    #[inline]
    pub(crate) fn u32(self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(*self.0.get(at..)?.first_chunk()?))
    }

    #[inline]
    pub(crate) fn u64(self, at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(*self.0.get(at..)?.first_chunk()?))
    }

    /// A number that is a size or an offset.
    #[inline]
    pub(crate) fn size(self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok()
    }

    /// So many bytes.
    #[inline]
    pub(crate) fn bytes(self, at: usize, length: usize) -> Option<&'d [u8]> {
        self.0.get(at..at.checked_add(length)?)
    }

    /// The text that ends with a zero byte, or with the record.
    #[inline]
    pub(crate) fn text(self, at: usize) -> Option<&'d [u8]> {
        let rest = self.0.get(at..)?;
        let end = memchr::memchr(0, rest).unwrap_or(rest.len());
        rest.get(..end)
    }
}

/// The next multiple of 4.
pub(crate) const fn aligned(at: usize) -> usize {
    at.saturating_add(3) & !3
}
