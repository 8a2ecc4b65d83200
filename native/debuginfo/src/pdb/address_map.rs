//! The address map of public symbols: where the record of each is, by address.
//!
//! Linkers write it for debuggers, which find a symbol by bisection. It makes an answer cost some records instead of the
//! names of the whole program. Layout: `PSGSIHDR` of `gsi.h` in `microsoft-pdb`.

use std::borrow::Cow;
use std::ops::Range;

use super::msf::{Msf, Stream};
use super::public::{Public, extent, name, place};
use super::records::S_PUB32;
use super::sections::Sections;
use crate::fields::Fields;

/// Bytes of the head of the stream.
const HEAD: usize = 28;
/// Bytes of a record before its name, its length and kind included.
const FIXED: usize = 14;
/// How many addresses without a named symbol of code are skipped.
const SKIPPED: usize = 64;

/// The map, with the symbols that it refers to.
#[derive(Debug)]
pub(super) struct AddressMap<'m> {
    map: Stream<'m>,
    /// Where it begins in its stream.
    at: usize,
    /// How many symbols it has.
    count: usize,
    symbols: Stream<'m>,
}

impl<'m> AddressMap<'m> {
    /// The map in the stream of public symbols. `None`: there is none, it is empty, or it is not there yet.
    pub(super) fn of(msf: &'m Msf<'_>, publics: Option<u16>, symbols: Option<u16>) -> Option<Self> {
        let (map, symbols) = (msf.stream(publics?)?, msf.stream(symbols?)?);
        let head = map.range(0, HEAD)?;
        let (hashes, bytes) = (Fields(&head).size(0)?, Fields(&head).size(4)?);
        let at = HEAD.checked_add(hashes)?;
        (at.checked_add(bytes)? <= map.len() && bytes >= 4).then_some(Self { map, at, count: bytes / 4, symbols })
    }

    /// The index of the first symbol at or after an address. `None`: a record is damaged, or not there.
    ///
    /// Each second step guesses by the distance of addresses, which takes a few steps where bisection takes twenty; each
    /// other one bisects, which limits the number of steps whatever the addresses are.
    pub(super) fn first_at(&self, address: u64, sections: &Sections) -> Option<usize> {
        let (mut low, mut high) = (0, self.count);
        let (mut low_address, mut high_address) = (0, sections.end());
        let mut guesses = true;
        while low < high {
            let span = high_address.saturating_sub(low_address);
            let offset = u128::from(address.saturating_sub(low_address)) * (high - low) as u128;
            let guess = offset.checked_div(span.into()).and_then(|offset| usize::try_from(offset).ok());
            let at = match guess.filter(|_| guesses) {
                Some(guess) => low + guess.min(high - low - 1),
                None => low + (high - low) / 2,
            };
            guesses = !guesses;
            let here = self.address(self.offset(at)?, sections)?;
            if here < address {
                (low, low_address) = (at + 1, here);
            } else {
                (high, high_address) = (at, here);
            }
        }
        Some(low)
    }

    /// The last named symbol of code before an index, not before the address `start`. The outer `None`: damage.
    pub(super) fn public_before(&self, index: usize, start: u64, sections: &Sections) -> Option<Option<Public<'m>>> {
        let mut next = index;
        for _ in 0..SKIPPED {
            let Some(last) = next.checked_sub(1) else { break };
            let address = self.address(self.offset(last)?, sections)?;
            if address < start {
                break;
            }
            let first = self.first_at(address, sections)?;
            if let Some(public) = self.public(first..next, sections)? {
                return Some(Some(public));
            }
            next = first.min(last);
        }
        Some(None)
    }

    /// The first named symbol of code from an index on, before the address `limit`. The outer `None`: damage.
    pub(super) fn public_from(&self, index: usize, limit: u64, sections: &Sections) -> Option<Option<Public<'m>>> {
        let mut first = index;
        for _ in 0..SKIPPED {
            if first >= self.count {
                break;
            }
            let address = self.address(self.offset(first)?, sections)?;
            if address >= limit {
                break;
            }
            let next = self.first_at(address + 1, sections)?.max(first + 1);
            if let Some(public) = self.public(first..next, sections)? {
                return Some(Some(public));
            }
            first = next;
        }
        Some(None)
    }

    /// Whether symbols of several names have an address.
    pub(super) fn is_folded(&self, address: u64, sections: &Sections) -> bool {
        let found = || {
            let (first, next) = (self.first_at(address, sections)?, self.first_at(address + 1, sections)?);
            self.public(first..next, sections)?
        };
        found().is_some_and(|public| public.is_folded)
    }

    /// The symbol of one address, whose entries are these: the first of the stream. The outer `None`: damage.
    fn public(&self, entries: Range<usize>, sections: &Sections) -> Option<Option<Public<'m>>> {
        let offsets = self.map.range(self.at + entries.start * 4, entries.len() * 4)?;
        let mut offsets: Vec<u32> =
            offsets.as_chunks::<4>().0.iter().map(|offset| u32::from_le_bytes(*offset)).collect();
        offsets.sort_unstable();
        let mut found: Option<Public<'m>> = None;
        for offset in offsets {
            let Some((public, name)) = self.read(offset, sections)? else { continue };
            match &mut found {
                None => found = Some(Public { name, ..public }),
                Some(first) if first.name != name => {
                    first.is_folded = true;
                    break;
                }
                Some(_) => {}
            }
        }
        Some(found)
    }

    /// Read a symbol. The inner `None`: it is not of code, or has no name.
    fn read(&self, offset: u32, sections: &Sections) -> Option<Option<(Public<'m>, Cow<'m, [u8]>)>> {
        let at = usize::try_from(offset).ok()?;
        let Some((address, limit)) = extent(self.fixed(at)?, sections) else { return Some(None) };
        let length = usize::from(Fields(&self.symbols.range(at, 2)?).u16(0)?);
        let record = self.symbols.range(at + 4, length.checked_sub(2)?)?;
        let text = match record {
            Cow::Borrowed(record) => name(record).map(Cow::Borrowed),
            Cow::Owned(record) => name(&record).map(|name| Cow::Owned(name.to_vec())),
        };
        let public = Public { address, limit, name: Cow::Borrowed(b""), is_folded: false };
        Some(text.map(|name| (public, name)))
    }

    fn offset(&self, index: usize) -> Option<u32> {
        Fields(&self.map.range(self.at + index * 4, 4)?).u32(0)
    }

    /// The address of a symbol. Those that are in no section come last, as their sections' numbers do.
    fn address(&self, offset: u32, sections: &Sections) -> Option<u64> {
        let (section, offset) = self.fixed(usize::try_from(offset).ok()?)?;
        Some(sections.address(section, offset).unwrap_or(u64::MAX))
    }

    /// Section and offset of the record at an offset of the symbols.
    fn fixed(&self, at: usize) -> Option<(u16, u32)> {
        let record = self.symbols.range(at, FIXED)?;
        let record = Fields(&record);
        if record.u16(2)? != S_PUB32 {
            return None;
        }
        place(Fields(record.0.get(4..)?))
    }
}
