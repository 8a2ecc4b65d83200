//! Many look-ups at once, as flat arrays.

use super::batch_frames::{BatchFrames, NO_NAME, OLD_DIALECT, ORIGIN};
use super::group::Group;
use super::scatter::Scatter;
use super::sort::sorted;
use super::symbol::Symbol;
use super::symbol_map::SymbolMap;
use crate::breakpad::Dialect;
use crate::breakpad::name::{OMITTED, function_name};
use crate::breakpad::number::low32;
use std::borrow::Cow;

/// Addresses sorted and looked up together. Bounds the memory of the sort.
const CHUNK: usize = 1 << 21;
/// Addresses of one function looked up together.
const GROUP: usize = 4096;

impl SymbolMap {
    /// The source frames of many addresses, in any order. `out` is cleared first.
    ///
    /// The addresses are sorted, so that each function is read once for all its addresses and the
    /// text is walked from one end to the other.
    pub fn frames_batch(&self, rvas: &[u64], out: &mut BatchFrames) {
        out.reset(rvas.len());
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
        Symbol::read(&self.index, function).map_or(Cow::Borrowed(OMITTED), |symbol| function_name(symbol.name))
    }

    /// The name of a function in a [`BatchFrames`] that is not inlined, and its length in bytes; 0 if its record does not
    /// say.
    #[must_use]
    pub fn batch_function(&self, function: u64) -> (Cow<'_, str>, u64) {
        if function == NO_NAME || function & ORIGIN != 0 {
            return (self.batch_name(function), 0);
        }
        Symbol::read(&self.index, function)
            .map_or((Cow::Borrowed(OMITTED), 0), |symbol| (function_name(symbol.name), symbol.size))
    }

    /// Read a byte of the records of these functions of a [`BatchFrames`], which are read next.
    ///
    /// In an order other than that of the addresses each record is far from the one before it. These reads do not depend on
    /// each other, so that the processor waits for all of them together.
    pub fn touch_functions(&self, functions: impl Iterator<Item = u64>) {
        let text = self.index.text();
        let bytes = functions.filter_map(|function| text.get(usize::try_from(function).ok()?).copied());
        std::hint::black_box(bytes.fold(0, |all, byte| all ^ byte));
    }

    fn chunk(&self, rvas: &[u64], out: &mut BatchFrames) {
        let sorted = sorted(rvas);
        let mut cursor = self.index.symbols().cursor();
        let mut group = Group::default();
        let mut found = Scatter::new(rvas.len());
        let mut rest = &sorted[..];
        while let Some(&(rva, _)) = rest.first() {
            let (span, end) = cursor.seek(rva);
            let within = rest.iter().take(GROUP).take_while(|&&(rva, _)| rva < end).count().max(1);
            let (these, others) = rest.split_at(within);
            rest = others;
            let Some(span) = span else { continue };
            let kept = self.kept(&span);
            let symbol = if kept.is_some() { None } else { Symbol::read(&self.index, span.offset) };
            if let Some(kept) = kept.or_else(|| self.touched(&span, symbol.as_ref()?)) {
                for &(rva, place) in these {
                    found.add(place, kept.start, |frames| group.frames_of_kept(kept, rva, frames));
                }
            } else if let Some(symbol) = symbol {
                group.read(self, &symbol, these);
                for (i, &(_, place)) in these.iter().enumerate() {
                    found.add(place, symbol.start, |frames| group.frames(&symbol, i, frames));
                }
            }
        }
        found.write(out);
    }
}
