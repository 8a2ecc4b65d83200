//! Frames of many addresses as flat arrays.

/// No function, file or line.
pub const NONE: u32 = u32::MAX;
/// No name: [`batch_name`](super::SymbolMap::batch_name) gives [`OMITTED`](super::OMITTED).
pub const NO_NAME: u64 = u64::MAX;
/// Set in a name that is an INLINE_ORIGIN id and not the offset of a record.
pub(super) const ORIGIN: u64 = 1 << 62;
/// Set in a name that an old-dialect INLINE record refers to.
pub(super) const OLD_DIALECT: u64 = 1 << 63;

/// Frames of many addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchFrames {
    /// The frames of address `i` are `offsets[i]..offsets[i + 1]` of the three arrays below, the
    /// innermost first and the function itself last; none if no symbol covers the address.
    pub offsets: Vec<u64>,
    /// For each address the first address of its function, [`u64::MAX`] if there is none.
    pub starts: Vec<u64>,
    /// For each frame the name of its function, for [`batch_name`](super::SymbolMap::batch_name). Equal numbers are
    /// equal names; equal names may have several numbers.
    pub functions: Vec<u64>,
    /// For each frame its FILE id, for [`file_name`](super::SymbolMap::file_name); [`NONE`] if unknown.
    pub files: Vec<u32>,
    /// For each frame its line; [`NONE`] if unknown.
    pub lines: Vec<u32>,
}

impl BatchFrames {
    /// No frames of no addresses, with space for those of `addresses` addresses.
    pub(super) fn reset(&mut self, addresses: usize) {
        self.offsets.clear();
        self.starts.clear();
        self.functions.clear();
        self.files.clear();
        self.lines.clear();
        self.offsets.reserve(addresses + 1);
        self.offsets.push(0);
    }
}
