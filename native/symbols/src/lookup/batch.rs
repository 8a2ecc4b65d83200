//! Many look-ups at once, as flat arrays.

use super::group::Group;
use super::name::{OMITTED, function_name};
use super::scatter::Scatter;
use super::sort::sorted;
use crate::breakpad::Dialect;
use crate::breakpad::number::low32;
use crate::index::SymbolIndex;
use std::borrow::Cow;

/// No function, file or line.
pub const NONE: u32 = u32::MAX;
/// No name: [`SymbolIndex::batch_name`] gives [`OMITTED`].
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
    /// For each frame the name of its function, for [`SymbolIndex::batch_name`]. Equal numbers are
    /// equal names; equal names may have several numbers.
    pub functions: Vec<u64>,
    /// For each frame its FILE id, for [`SymbolIndex::file_name`]; [`NONE`] if unknown.
    pub files: Vec<u32>,
    /// For each frame its line; [`NONE`] if unknown.
    pub lines: Vec<u32>,
}

/// Addresses sorted and looked up together. Bounds the memory of the sort.
const CHUNK: usize = 1 << 21;
/// Addresses of one function looked up together.
const GROUP: usize = 4096;

impl SymbolIndex {
    /// The source frames of many addresses, in any order. `out` is cleared first.
    ///
    /// The addresses are sorted, so that each function is read once for all its addresses and the
    /// text is walked from one end to the other.
    pub fn frames_batch(&self, rvas: &[u64], out: &mut BatchFrames) {
        out.offsets.clear();
        out.starts.clear();
        out.functions.clear();
        out.files.clear();
        out.lines.clear();
        out.offsets.reserve(rvas.len() + 1);
        out.offsets.push(0);
        for chunk in rvas.chunks(CHUNK) {
            self.chunk(chunk, out);
        }
    }

    /// The name of a function in a [`BatchFrames`].
    #[must_use]
    pub fn batch_name(&self, function: u64) -> Cow<'_, str> {
        if function == NO_NAME {
            return Cow::Borrowed(OMITTED);
        }
        if function & ORIGIN != 0 {
            let dialect = if function & OLD_DIALECT == 0 { Dialect::New } else { Dialect::Old };
            return self.origin_name(Some(low32(function)), dialect);
        }
        self.symbol_record(function).map_or(Cow::Borrowed(OMITTED), |symbol| function_name(symbol.name))
    }

    fn chunk(&self, rvas: &[u64], out: &mut BatchFrames) {
        let sorted = sorted(rvas);
        let mut cursor = self.symbols().cursor();
        let mut group = Group::default();
        let mut found = Scatter::new(rvas.len());
        let mut rest = &sorted[..];
        while let Some(&(rva, _)) = rest.first() {
            let (span, end) = cursor.seek(rva);
            let within = rest.iter().take(GROUP).take_while(|&&(rva, _)| rva < end).count().max(1);
            let (these, others) = rest.split_at(within);
            rest = others;
            let Some(symbol) = span.and_then(|span| self.symbol_record(span.offset)) else { continue };
            group.read(self, &symbol, these);
            for (i, &(_, place)) in these.iter().enumerate() {
                found.add(place, symbol.start, |frames| group.frames(&symbol, i, frames));
            }
        }
        found.write(out);
    }
}
