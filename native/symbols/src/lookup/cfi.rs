//! Unwind rules at an address.

use super::large::LARGE;
use super::large::rules::LargeRules;
use super::symbol_map::SymbolMap;
use crate::breakpad::cfi_lines::{Delta, block_deltas, delta_rules, init_record};
use crate::breakpad::lines::rules_line_at;

/// Rule texts that apply at an address, in the order they are to be applied: `init` first, then
/// `deltas` by address.
#[derive(Clone, Debug)]
pub struct CfiRules<'a> {
    /// First address the `STACK CFI INIT` record covers, relative to the module's base.
    pub start: u64,
    /// Bytes it covers.
    pub size: u64,
    /// Rules of the `INIT` record.
    pub init: &'a [u8],
    /// Rules of the `STACK CFI` records from `start` to the address looked up, by address. Of
    /// several at one address the last in the file counts. Of very many, those whose rules are all
    /// replaced by later ones are left out.
    pub deltas: Vec<&'a [u8]>,
    /// Bytes of text that were read for it, which may be many more than those of the rules.
    pub read: usize,
}

/// The same rules, whatever was read for them.
impl PartialEq for CfiRules<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.size, self.init) == (other.start, other.size, other.init) && self.deltas == other.deltas
    }
}

impl Eq for CfiRules<'_> {}

/// How many rule changes that do not follow their INIT apply to it, the nearest ones, and bytes of them. Only a crafted
/// text has more.
const MAX_SIDE_DELTAS: usize = 4096;
const MAX_SIDE_BYTES: usize = 256 << 10;

impl SymbolMap {
    /// Whether there are unwind rules at an address. Their changes are not read for that.
    #[must_use]
    pub fn has_cfi_at(&self, rva: u64) -> bool {
        let init = self.find_cfi(rva).and_then(|span| init_record(rules_line_at(self.index.text(), span.offset)?));
        init.is_some_and(|(start, size, _)| rva.wrapping_sub(start) < size)
    }

    /// The unwind rules at an address.
    #[must_use]
    pub fn cfi_at(&self, rva: u64) -> Option<CfiRules<'_>> {
        let span = self.find_cfi(rva)?;
        let text = self.index.text();
        let (start, size, init) = init_record(rules_line_at(text, span.offset)?)?;
        if rva.wrapping_sub(start) >= size {
            return None;
        }
        let (mut found, own) = self.own_deltas(span.offset, start, size, rva);
        let mut bytes = 0;
        for pair in self.index.side_deltas(start, rva).iter().rev().take(MAX_SIDE_DELTAS) {
            let (address, offset) = (pair.key.get(), pair.offset.get());
            if let Some(rules) = rules_line_at(text, offset).and_then(delta_rules) {
                bytes += rules.len();
                if bytes > MAX_SIDE_BYTES {
                    break;
                }
                found.push(Delta { address, offset, rules });
            }
        }
        if !found.is_sorted_by(|a, b| a.address < b.address) {
            found.sort_unstable_by_key(|delta| (delta.address, delta.offset));
            found.reverse();
            found.dedup_by_key(|delta| delta.address);
            found.reverse();
        }
        let deltas = found.iter().map(|delta| delta.rules).collect();
        Some(CfiRules { start, size, init, deltas, read: init.len() + own + bytes })
    }

    /// The STACK CFI lines that follow the INIT line at an offset and count at an address, and how many bytes were read.
    #[inline]
    fn own_deltas(&self, init: u64, start: u64, size: u64, rva: u64) -> (Vec<Delta<'_>>, usize) {
        let text = self.index.text();
        let mut found = Vec::new();
        if self.large_rules.get(init).is_none() {
            let mut deltas = block_deltas(text, init);
            let first = deltas.pos;
            deltas.limit = deltas.pos.saturating_add(LARGE);
            found.extend(deltas.by_ref().filter(|delta| (start..=rva).contains(&delta.address)));
            if !deltas.is_cut() {
                return (found, deltas.pos - first);
            }
            found.clear();
        }
        let end = start.saturating_add(size);
        let found =
            self.large_rules.with(init, || LargeRules::read(text, init, start, end), |rules| rules.at(text, rva));
        let read = found.iter().map(|delta| delta.rules.len()).sum();
        (found, read)
    }
}
