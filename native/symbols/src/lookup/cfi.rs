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
        let Ok(Some(Record::CfiInit(init))) = parse(line_at(text, span.offset)) else { return None };
        if rva.wrapping_sub(init.address) >= init.size {
            return None;
        }
        let mut found: Vec<(u64, u64)> = block_deltas(text, span.offset, init.address, rva.saturating_add(1)).take(MAX_DELTAS).collect();
        let side = self.side_deltas(init.address, rva);
        found.extend(side.iter().take(MAX_DELTAS).map(|delta| (delta.key.get(), delta.offset.get())));
        if !found.is_sorted() {
            found.sort_unstable();
        }
        let mut deltas = Vec::with_capacity(found.len());
        let mut last = None;
        for (address, offset) in found {
            let Ok(Some(Record::CfiDelta(delta))) = parse(line_at(text, offset)) else { continue };
            if last.replace(address) == Some(address) {
                deltas.pop();
            }
            deltas.push(delta.rules);
        }
        Some(CfiRules { start: init.address, size: init.size, init: init.rules, deltas })
    }
}

/// The STACK CFI lines that follow an INIT line, of those the ones with `start <= address < end`:
/// (address, offset). Blank and malformed lines between them are passed over.
pub(crate) fn block_deltas(text: &[u8], init: u64, start: u64, end: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
    let first = usize::try_from(init).unwrap_or(usize::MAX).min(text.len());
    let mut pos = after_eol(text, line_end(text, first));
    let all = std::iter::from_fn(move || {
        loop {
            let rest = text.get(pos..).filter(|rest| !rest.is_empty())?;
            let at = pos as u64;
            if let Some((head, fields)) = quick::head(rest) {
                let quick::Head::CfiDelta { address } = head else { return None };
                pos = after_eol(text, line_end(text, pos + fields));
                return Some((address, at));
            }
            let line = line_at(text, at);
            pos = after_eol(text, pos + line.len());
            match parse(line) {
                Ok(None) => {}
                Ok(Some(Record::CfiDelta(delta))) if line.starts_with(quick::DELTA) => {
                    return Some((delta.address, at));
                }
                Err(_) if line.starts_with(quick::DELTA) && !line.starts_with(quick::INIT) => {}
                _ => return None,
            }
        }
    });
    all.filter(move |&(address, _)| start <= address && address < end)
}
