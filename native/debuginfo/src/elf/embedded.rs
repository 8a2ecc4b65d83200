//! Mini-debuginfo: a file within the file, compressed, that has the symbols which stripping took from it.

use super::headers::Headers;
use crate::compressed::{Unpacked, unpack_xz};
use crate::limits::{self, Budget};

/// The file in `.gnu_debugdata`.
#[derive(Debug, Default)]
pub struct Embedded {
    pub(super) bytes: Vec<u8>,
    /// 1 if it cannot be decompressed.
    pub(super) broken: u64,
    /// 1 if it is too long.
    pub(super) excess: u64,
}

impl Embedded {
    /// Decompress it. Empty if the file has none.
    #[must_use]
    pub fn of(file: &[u8]) -> Self {
        let mut embedded = Self::default();
        let Ok(headers) = Headers::read(file) else { return embedded };
        let Some(section) = headers.section(b".gnu_debugdata") else { return embedded };
        let mut budget = Budget::new(limits::decompressed(section.size));
        match headers.data(section).map_or(Unpacked::Damaged, |data| unpack_xz(data, &mut budget)) {
            Unpacked::Whole(bytes) => embedded.bytes = bytes.into_owned(),
            Unpacked::Damaged => embedded.broken = 1,
            Unpacked::TooLong => embedded.excess = 1,
        }
        embedded
    }

    /// The headers of it, if there is one.
    pub(super) fn headers(&self) -> Option<Headers<'_>> {
        (!self.bytes.is_empty()).then(|| Headers::read(&self.bytes).ok()).flatten()
    }
}
