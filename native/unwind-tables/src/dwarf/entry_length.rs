//! The lengths that entries of frame sections begin with.

/// How many bytes the entry at an offset takes.
pub(super) fn length_at(bytes: &[u8], at: usize) -> Option<usize> {
    extent(bytes, at, word(bytes, at)?).map(|(_, length)| length)
}

/// Whether the length of an entry has 8 bytes, and how many bytes it takes as a whole: 4 for the zero that ends a list.
pub(super) fn extent(bytes: &[u8], at: usize, length: u32) -> Option<(bool, usize)> {
    if length != u32::MAX {
        return Some((false, usize::try_from(length).ok()?.checked_add(4)?))
            .filter(|(_, end)| end.checked_add(at).is_some());
    }
    let length = bytes.get(at.checked_add(4)?..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))?;
    Some((true, usize::try_from(length).ok()?.checked_add(12)?)).filter(|(_, end)| end.checked_add(at).is_some())
}

/// The first four bytes of an entry.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}
