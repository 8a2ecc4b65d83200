//! How many records a text has.

use zerocopy::little_endian::U64;

/// How many records of each kind a text has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// FUNC records.
    pub functions: u64,
    /// PUBLIC records.
    pub publics: u64,
    /// Line records.
    pub lines: u64,
    /// INLINE records.
    pub inlines: u64,
    /// FILE records.
    pub files: u64,
    /// INLINE_ORIGIN records.
    pub origins: u64,
    /// STACK CFI INIT records.
    pub cfi_inits: u64,
    /// STACK CFI records other than INIT.
    pub cfi_deltas: u64,
    /// STACK WIN records.
    pub wins: u64,
}

impl Counts {
    /// As they are written to the index.
    pub(super) fn to_words(self) -> [U64; 9] {
        [
            self.functions,
            self.publics,
            self.lines,
            self.inlines,
            self.files,
            self.origins,
            self.cfi_inits,
            self.cfi_deltas,
            self.wins,
        ]
        .map(Into::into)
    }

    /// From the words of an index; those that are missing are 0.
    pub(super) fn from_words(words: &[U64]) -> Self {
        let at = |i: usize| words.get(i).map_or(0, |word| word.get());
        Self {
            functions: at(0),
            publics: at(1),
            lines: at(2),
            inlines: at(3),
            files: at(4),
            origins: at(5),
            cfi_inits: at(6),
            cfi_deltas: at(7),
            wins: at(8),
        }
    }
}
