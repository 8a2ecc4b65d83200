//! Unwind rules at an address.

use super::large::LARGE;
use super::large::rules::LargeRules;
use crate::breakpad::lines::{MAX_RULES, after_eol, line_at, line_end, rules_line_at};
use crate::breakpad::{Record, parse, quick};
use crate::index::SymbolIndex;

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
    /// several at one address the last in the file counts. Of very many, those are left out whose
    /// rules are all replaced by later ones.
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

/// How many rule changes that do not follow their INIT count for it, the nearest ones, and bytes of them; a text that
/// has more is not honest.
const MAX_SIDE_DELTAS: usize = 4096;
const MAX_SIDE_BYTES: usize = 256 << 10;

impl SymbolIndex {
    /// Whether there are unwind rules at an address. Their changes are not read for that.
    #[must_use]
    pub fn has_cfi_at(&self, rva: u64) -> bool {
        let init = self.find_cfi(rva).and_then(|span| init_record(rules_line_at(self.text(), span.offset)?));
        init.is_some_and(|(start, size, _)| rva.wrapping_sub(start) < size)
    }

    /// The unwind rules at an address.
    #[must_use]
    pub fn cfi_at(&self, rva: u64) -> Option<CfiRules<'_>> {
        let span = self.find_cfi(rva)?;
        let text = self.text();
        let (start, size, init) = init_record(rules_line_at(text, span.offset)?)?;
        if rva.wrapping_sub(start) >= size {
            return None;
        }
        let (mut found, own) = self.own_deltas(span.offset, start, size, rva);
        let mut bytes = 0;
        for pair in self.side_deltas(start, rva).iter().rev().take(MAX_SIDE_DELTAS) {
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
        let text = self.text();
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

/// Address, size and rules of an INIT line.
#[inline]
fn init_record(line: &[u8]) -> Option<(u64, u64, &[u8])> {
    if let Some((quick::Head::CfiInit { address, size }, at)) = quick::head(line)
        && let Some(rules) = clean(line, at)
    {
        return Some((address, size, rules));
    }
    match parse(line) {
        Ok(Some(Record::CfiInit(init))) => Some((init.address, init.size, init.rules)),
        _ => None,
    }
}

/// The rules of a STACK CFI line.
#[inline]
pub(super) fn delta_rules(line: &[u8]) -> Option<&[u8]> {
    if let Some((quick::Head::CfiDelta { .. }, at)) = quick::head(line)
        && let Some(rules) = clean(line, at)
    {
        return Some(rules);
    }
    match parse(line) {
        Ok(Some(Record::CfiDelta(delta))) => Some(delta.rules),
        _ => None,
    }
}

/// The rest of a line, unless there is padding to cut off at its end.
#[inline]
fn clean(line: &[u8], at: usize) -> Option<&[u8]> {
    line.get(at..).filter(|rest| rest.last().is_some_and(|&b| b > b' '))
}

/// A STACK CFI line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delta<'a> {
    pub(crate) address: u64,
    pub(crate) offset: u64,
    pub(super) rules: &'a [u8],
}

/// The STACK CFI lines that follow an INIT line. Blank and malformed lines between them are skipped, and those that are
/// too long.
pub(crate) fn block_deltas(text: &[u8], init: u64) -> BlockDeltas<'_> {
    let first = usize::try_from(init).unwrap_or(usize::MAX).min(text.len());
    BlockDeltas { text, pos: after_eol(text, line_end(text, first)), limit: usize::MAX }
}

/// See [`block_deltas`].
#[derive(Debug)]
pub(crate) struct BlockDeltas<'a> {
    text: &'a [u8],
    /// Where the next line begins.
    pos: usize,
    /// No line beyond this is read, whatever is in those before.
    limit: usize,
}

impl BlockDeltas<'_> {
    /// Whether the end came at the limit.
    fn is_cut(&self) -> bool {
        self.pos > self.limit
    }
}

impl<'a> Iterator for BlockDeltas<'a> {
    type Item = Delta<'a>;

    #[inline]
    fn next(&mut self) -> Option<Delta<'a>> {
        let text = self.text;
        while !self.is_cut() {
            let pos = self.pos;
            let rest = text.get(pos..).filter(|rest| rest.starts_with(quick::DELTA) || may_be_passed(rest))?;
            let offset = pos as u64;
            if let Some((head, at)) = quick::head(rest) {
                let quick::Head::CfiDelta { address } = head else { return None };
                let within = rest.get(..self.limit.saturating_sub(pos).max(MAX_RULES)).unwrap_or(rest);
                let end = line_end(within, at);
                self.pos = after_eol(text, pos + end);
                let line = rest.get(..end).unwrap_or_default();
                if line.len() >= MAX_RULES {
                    continue;
                }
                if let Some(rules) = clean(line, at).or_else(|| delta_rules(line)) {
                    return Some(Delta { address, offset, rules });
                }
                continue;
            }
            let line = line_at(text, offset);
            self.pos = after_eol(text, pos + line.len());
            match parse(line) {
                Ok(None) => {}
                Ok(Some(Record::CfiDelta(delta))) if line.starts_with(quick::DELTA) => {
                    return Some(Delta { address: delta.address, offset, rules: delta.rules });
                }
                Err(_) if line.starts_with(quick::DELTA) && !line.starts_with(quick::INIT) => {}
                _ => return None,
            }
        }
        None
    }
}

/// Whether a line may be blank or a comment.
fn may_be_passed(line: &[u8]) -> bool {
    line.first().is_some_and(|b| matches!(b, b'\n' | b'\r' | b' ' | b'\t' | b'#' | 0))
}
