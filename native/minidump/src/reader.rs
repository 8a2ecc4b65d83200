//! Reading numbers and pieces out of bytes that may end anywhere.

use std::cell::Cell;

use vocabulary::Bytes;

use crate::strings;

/// `N` bytes at an offset.
pub(crate) fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..offset.checked_add(N)?)?.try_into().ok()
}

/// A little-endian number at an offset.
pub(crate) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    array_at(bytes, offset).map(u16::from_le_bytes)
}

/// A little-endian number at an offset.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    array_at(bytes, offset).map(u32::from_le_bytes)
}

/// A little-endian number at an offset.
pub(crate) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    array_at(bytes, offset).map(u64::from_le_bytes)
}

/// The same, 0 where the bytes end: for fields that later versions of a structure added.
pub(crate) fn u32_or_0(bytes: &[u8], offset: usize) -> u32 {
    u32_at(bytes, offset).unwrap_or(0)
}

/// The same, 0 where the bytes end.
pub(crate) fn u64_or_0(bytes: &[u8], offset: usize) -> u64 {
    u64_at(bytes, offset).unwrap_or(0)
}

/// `MINIDUMP_LOCATION_DESCRIPTOR`: where something lies in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Location {
    pub(crate) size: u32,
    pub(crate) rva: u32,
}

impl Location {
    /// The descriptor at an offset; an empty one where the bytes end.
    pub(crate) fn at(bytes: &[u8], offset: usize) -> Self {
        Self { size: u32_or_0(bytes, offset), rva: u32_or_0(bytes, offset.saturating_add(4)) }
    }
}

/// Why a text could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TextError {
    /// It does not lie in the file.
    Outside,
    /// Too much text was read already: entries that share one huge text.
    Budget,
}

impl TextError {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Outside => "lies outside of the file",
            Self::Budget => "is left out: the texts of this dump exceed its size many times over",
        }
    }
}

/// The whole file, and how much text may still be copied out of it.
///
/// Any number of entries may point at the same text, so a small file could ask for gigabytes. Texts are
/// charged against an allowance of twice the file's size.
pub(crate) struct Source<'a> {
    bytes: Bytes<'a>,
    allowance: Cell<u64>,
}

/// What a text costs beside its bytes: about the size of the `String` and of its slot.
const TEXT_OVERHEAD: u64 = 32;

impl<'a> Source<'a> {
    pub(crate) fn new(bytes: Bytes<'a>) -> Self {
        let allowance = (bytes.len() as u64).saturating_mul(2).saturating_add(256 << 10);
        Self { bytes, allowance: Cell::new(allowance) }
    }

    /// All of a piece of the file, or nothing.
    pub(crate) fn slice(&self, offset: u64, size: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(offset).ok()?;
        let end = usize::try_from(offset.checked_add(size)?).ok()?;
        self.bytes.get(start, end)
    }

    /// What is there of a piece of the file, possibly nothing.
    pub(crate) fn clipped(&self, offset: u64, size: u64) -> &'a [u8] {
        let bytes = self.unread(offset, size);
        bytes.get(0, bytes.len()).unwrap_or_default()
    }

    /// The same, not read yet: memory of the process, of which little is needed.
    pub(crate) fn unread(&self, offset: u64, size: u64) -> Bytes<'a> {
        // Positions behind the end are as good as the end, also those that no address can have.
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(self.bytes.len());
        self.bytes.part(place(offset), place(offset.saturating_add(size))).unwrap_or_default()
    }

    /// All of what a location names; `None` if it is empty or not wholly in the file.
    pub(crate) fn located(&self, location: Location) -> Option<&'a [u8]> {
        if location.size == 0 {
            return None;
        }
        self.slice(location.rva.into(), location.size.into())
    }

    /// Charge a text; false if the allowance is used up.
    pub(crate) fn charge(&self, bytes: usize) -> bool {
        let cost = (bytes as u64).saturating_add(TEXT_OVERHEAD);
        match self.allowance.get().checked_sub(cost) {
            Some(rest) => {
                self.allowance.set(rest);
                true
            }
            None => false,
        }
    }

    /// The body of a length-prefixed text: a `u32` count of bytes, then the bytes.
    pub(crate) fn counted(&self, rva: u64) -> Option<&'a [u8]> {
        let length = u32_at(self.slice(rva, 4)?, 0)?;
        self.slice(rva.checked_add(4)?, length.into())
    }

    /// A `MINIDUMP_STRING`: counted UTF-16.
    pub(crate) fn utf16(&self, rva: u64) -> Result<String, TextError> {
        let bytes = self.counted(rva).ok_or(TextError::Outside)?;
        if self.charge(bytes.len()) { Ok(strings::utf16(bytes)) } else { Err(TextError::Budget) }
    }

    /// A `MinidumpUTF8String` of Crashpad: counted UTF-8.
    pub(crate) fn utf8(&self, rva: u64) -> Result<String, TextError> {
        let bytes = self.counted(rva).ok_or(TextError::Outside)?;
        if self.charge(bytes.len()) { Ok(strings::utf8(bytes)) } else { Err(TextError::Budget) }
    }

    /// Bytes as a charged text, up to the first NUL.
    pub(crate) fn text_until_nul(&self, bytes: &[u8]) -> Result<String, TextError> {
        let bytes = strings::until_nul(bytes);
        if self.charge(bytes.len()) { Ok(strings::utf8(bytes)) } else { Err(TextError::Budget) }
    }
}
