//! Functions of a module by their addresses, without its other symbols, for a file that is fetched in parts.
//!
//! The symbols of a module are nine tenths of its stream, and have no index. But linkers write them in the order of the code,
//! and a record of a function can be recognised wherever one looks: by its kind, and by code that is of this module. So some
//! places are looked at, as in a search by bisection. A function that is found this way is the right one whatever the order
//! is, because its record says which code it has and where it ends; where none is found, the module is read as a whole.

use std::borrow::Cow;

use super::msf::Stream;
use super::records::{self, Procedure};
use super::sections::Sections;

/// Bytes that are looked at in one place.
const WINDOW: usize = 4096;
/// Places that are looked at for one address.
const STEPS: usize = 64;
/// Bytes of the records of one function, at most.
const FUNCTION: usize = 4 << 20;
/// The bytes before the first record.
const FIRST: usize = 4;

/// The symbols of a module.
pub(super) struct Search<'s, 'm> {
    pub(super) stream: Stream<'m>,
    /// Where they end in the stream.
    pub(super) end: usize,
    pub(super) module: u16,
    pub(super) sections: &'s Sections,
}

impl Search<'_, '_> {
    /// The records of the functions that have these addresses, sorted, as the symbols of a module have them. `None`: an address
    /// is of no function that was found, or parts of the file are not there.
    pub(super) fn functions(&self, addresses: &[u64]) -> Option<Vec<u8>> {
        let span = self.sections.span_of(self.module)?;
        let mut found = Some(self.stream.range(0, FIRST)?.into_owned());
        let mut covered = 0;
        for &address in addresses {
            if address < covered {
                continue;
            }
            // What all addresses lack is fetched at once.
            match (self.function(address, span), &mut found) {
                (Some((bytes, end)), Some(all)) => {
                    all.extend_from_slice(&bytes);
                    covered = end;
                }
                _ => found = None,
            }
        }
        found
    }

    /// The records of the function that has an address, and the address where it ends.
    fn function(&self, address: u64, span: (u64, u64)) -> Option<(Cow<'_, [u8]>, u64)> {
        let (mut low, mut high) = (FIRST, self.end);
        let (mut low_address, mut high_address) = span;
        for step in 0..STEPS {
            if low >= high {
                break;
            }
            let middle = low + (high - low) / 2;
            let distance = u128::from(address.saturating_sub(low_address)) * (high - low) as u128;
            let guess = distance.checked_div(high_address.saturating_sub(low_address).into());
            let guess = guess.and_then(|distance| Some(low + usize::try_from(distance).ok()?));
            // Each second step limits how many there are, wherever the functions are.
            let from = guess.filter(|_| step % 2 == 0).unwrap_or(middle).min(high - 1).max(low) & !3;
            let Some((at, procedure, (start, end))) = self.next(from.max(low), high)? else {
                high = from.max(low);
                continue;
            };
            if address < start {
                (high, high_address) = (from.max(low), start);
            } else if address >= end {
                (low, low_address) = (procedure.end.clamp(at + FIRST, self.end), end);
            } else {
                let length = procedure.end.checked_sub(at)?.checked_add(FIRST).filter(|&length| length <= FUNCTION)?;
                let bytes = self.stream.range(at, length)?;
                return records::is_end(&bytes, length - FIRST).then_some((bytes, end));
            }
        }
        None
    }

    /// The first function at or after a place of the symbols: where its record is, the record, and its code. The outer `None`:
    /// parts of the file are not there.
    #[allow(clippy::type_complexity)]
    fn next(&self, from: usize, limit: usize) -> Option<Option<(usize, Procedure<'static>, (u64, u64))>> {
        let mut at = from;
        while at < limit {
            // Records at the end of a window are looked at in the next one.
            let bytes = self.stream.range(at, (WINDOW + records::PROCEDURE).min(self.end.saturating_sub(at)))?;
            for inside in (0..WINDOW.min(limit - at)).step_by(4) {
                if let Some(procedure) = records::procedure_at(&bytes, inside)
                    && procedure.end > at + inside
                    && procedure.end < self.end
                    && self.sections.is_of(self.module, procedure.section, procedure.offset)
                    && let Some(code) = self.sections.range(procedure.section, procedure.offset, procedure.size)
                {
                    return Some(Some((at + inside, Procedure { name: b"", ..procedure }, code)));
                }
            }
            at += WINDOW;
        }
        Some(None)
    }
}
