//! STACK CFI lines: the rules of one, and those that follow an INIT line.

use super::lines::{MAX_RULES, after_eol, line_at, line_end};
use super::{Record, parse, quick};

/// Address, size and rules of an INIT line.
#[inline]
pub(crate) fn init_record(line: &[u8]) -> Option<(u64, u64, &[u8])> {
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
pub(crate) fn delta_rules(line: &[u8]) -> Option<&[u8]> {
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
    pub(crate) rules: &'a [u8],
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
    pub(crate) pos: usize,
    /// No line beyond this is read.
    pub(crate) limit: usize,
}

impl BlockDeltas<'_> {
    /// Whether reading ended at the limit.
    pub(crate) fn is_cut(&self) -> bool {
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
            let rest = text.get(pos..).filter(|rest| rest.starts_with(quick::DELTA) || may_be_skipped(rest))?;
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
fn may_be_skipped(line: &[u8]) -> bool {
    line.first().is_some_and(|b| matches!(b, b'\n' | b'\r' | b' ' | b'\t' | b'#' | 0))
}
