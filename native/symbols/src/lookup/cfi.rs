//! Unwind rules at an address.

use crate::breakpad::lines::{after_eol, line_at, line_end};
use crate::breakpad::{Record, parse, quick};
use crate::index::SymbolIndex;

/// Rule texts that apply at an address, in the order they are to be applied: `init` first, then
/// `deltas` by address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CfiRules<'a> {
    /// First address the `STACK CFI INIT` record covers, relative to the module's base.
    pub start: u64,
    /// Bytes it covers.
    pub size: u64,
    /// Rules of the `INIT` record.
    pub init: &'a [u8],
    /// Rules of the `STACK CFI` records from `start` to the address looked up, by address. Of
    /// several at one address the last in the file counts.
    pub deltas: Vec<&'a [u8]>,
}

/// How many rule changes one function may have; a text that has more is not honest.
const MAX_DELTAS: usize = 1 << 16;

impl SymbolIndex {
    /// The unwind rules at an address.
    #[must_use]
    pub fn cfi_at(&self, rva: u64) -> Option<CfiRules<'_>> {
        let span = self.find_cfi(rva)?;
        let text = self.text();
        let (start, size, init) = init_record(line_at(text, span.offset))?;
        if rva.wrapping_sub(start) >= size {
            return None;
        }
        let mut found: Vec<Delta<'_>> = block_deltas(text, span.offset)
            .filter(|delta| (start..=rva).contains(&delta.address))
            .take(MAX_DELTAS)
            .collect();
        for pair in self.side_deltas(start, rva).iter().take(MAX_DELTAS) {
            let (address, offset) = (pair.key.get(), pair.offset.get());
            if let Some(rules) = delta_rules(line_at(text, offset)) {
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
        Some(CfiRules { start, size, init, deltas })
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
fn delta_rules(line: &[u8]) -> Option<&[u8]> {
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
    rules: &'a [u8],
}

/// The STACK CFI lines that follow an INIT line. Blank and malformed lines between them are passed
/// over.
pub(crate) fn block_deltas(text: &[u8], init: u64) -> impl Iterator<Item = Delta<'_>> {
    let first = usize::try_from(init).unwrap_or(usize::MAX).min(text.len());
    let mut pos = after_eol(text, line_end(text, first));
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(pos..).filter(|rest| rest.starts_with(quick::DELTA) || may_be_passed(rest))?;
            let offset = pos as u64;
            if let Some((head, at)) = quick::head(rest) {
                let quick::Head::CfiDelta { address } = head else { return None };
                let end = line_end(rest, at);
                pos = after_eol(text, pos + end);
                let line = rest.get(..end).unwrap_or_default();
                if let Some(rules) = clean(line, at).or_else(|| delta_rules(line)) {
                    return Some(Delta { address, offset, rules });
                }
                continue;
            }
            let line = line_at(text, offset);
            pos = after_eol(text, pos + line.len());
            match parse(line) {
                Ok(None) => {}
                Ok(Some(Record::CfiDelta(delta))) if line.starts_with(quick::DELTA) => {
                    return Some(Delta { address: delta.address, offset, rules: delta.rules });
                }
                Err(_) if line.starts_with(quick::DELTA) && !line.starts_with(quick::INIT) => {}
                _ => return None,
            }
        }
    })
}

/// Whether a line may be blank or a comment.
fn may_be_passed(line: &[u8]) -> bool {
    line.first().is_some_and(|b| matches!(b, b'\n' | b'\r' | b' ' | b'\t' | b'#' | 0))
}
