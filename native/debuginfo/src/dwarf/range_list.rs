//! The usual entries of a list of ranges, decoded.
//!
//! A function whose cold code is elsewhere has a list, and so has nearly every unit, so that answers for some addresses read tens
//! of thousands of them. From an entry on that no compiler in use writes without `.debug_addr`, or that is damaged, a list is
//! gimli's, which gives the same ranges for every list.

use gimli::Encoding;

use crate::limits::Budget;

/// Where a run through a list ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// After its last entry.
    Whole,
    /// The budget does not suffice for an entry.
    Budget,
    /// Before the entry after so many bytes, which is not decoded here; and the base address of the entries from there on.
    Unusual(usize, u64),
}

/// Call `found` with the ranges of a list, which begins with these bytes of its section.
pub(super) fn usual(
    list: &[u8],
    encoding: Encoding,
    base: u64,
    budget: &mut Budget,
    found: impl FnMut(u64, u64),
) -> End {
    match (encoding.address_size, encoding.version) {
        (8, 5..) => entries::<8>(list, base, budget, found),
        (4, 5..) => entries::<4>(list, base, budget, found),
        (8, _) => pairs::<8>(list, base, budget, found),
        (4, _) => pairs::<4>(list, base, budget, found),
        _ => End::Unusual(0, base),
    }
}

/// The entries of `.debug_rnglists`.
fn entries<const SIZE: usize>(list: &[u8], mut base: u64, budget: &mut Budget, mut found: impl FnMut(u64, u64)) -> End {
    let mut rest = list;
    loop {
        let unusual = End::Unusual(list.len() - rest.len(), base);
        let Some((&kind, after)) = rest.split_first() else { return End::Whole };
        let read = match gimli::DwRle(kind) {
            gimli::DW_RLE_end_of_list => return End::Whole,
            gimli::DW_RLE_base_address => address::<SIZE>(after).map(|(base, after)| (Entry::Base(base), after)),
            gimli::DW_RLE_offset_pair => two(after, number, number).map(|(begin, end, after)| {
                let range = Entry::Range(begin.wrapping_add(base), end.wrapping_add(base));
                (if base < tombstone::<SIZE>() { range } else { Entry::Nothing }, after)
            }),
            gimli::DW_RLE_start_end => two(after, address::<SIZE>, address::<SIZE>)
                .map(|(begin, end, after)| (Entry::Range(begin, end), after)),
            gimli::DW_RLE_start_length => two(after, address::<SIZE>, number)
                .map(|(begin, length, after)| (Entry::Range(begin, begin.wrapping_add(length)), after)),
            _ => return unusual,
        };
        let Some((entry, after)) = read else { return unusual };
        if !budget.take(1) {
            return End::Budget;
        }
        rest = after;
        match entry {
            Entry::Base(address) => base = address,
            Entry::Range(begin, end) => give::<SIZE>(begin, end, &mut found),
            Entry::Nothing => {}
        }
    }
}

/// The pairs of `.debug_ranges`.
fn pairs<const SIZE: usize>(list: &[u8], mut base: u64, budget: &mut Budget, mut found: impl FnMut(u64, u64)) -> End {
    let mut rest = list;
    loop {
        if rest.is_empty() {
            return End::Whole;
        }
        let Some((begin, end, after)) = two(rest, address::<SIZE>, address::<SIZE>) else {
            return End::Unusual(list.len() - rest.len(), base);
        };
        if (begin, end) == (0, 0) {
            return End::Whole;
        }
        if !budget.take(1) {
            return End::Budget;
        }
        rest = after;
        if begin == mask::<SIZE>() {
            base = end;
        } else if base < tombstone::<SIZE>() {
            give::<SIZE>(begin.wrapping_add(base), end.wrapping_add(base), &mut found);
        }
    }
}

/// What an entry says.
enum Entry {
    /// The base address of those after it.
    Base(u64),
    Range(u64, u64),
    /// A range of code that the linker left out.
    Nothing,
}

/// Call `found` with a range that has code: linkers give what they leave out an address of -1 or -2, or make it empty.
#[inline(always)]
fn give<const SIZE: usize>(begin: u64, end: u64, found: &mut impl FnMut(u64, u64)) {
    let (begin, end) = (begin & mask::<SIZE>(), end & mask::<SIZE>());
    if begin < tombstone::<SIZE>() && begin < end {
        found(begin, end);
    }
}

/// The largest address.
const fn mask<const SIZE: usize>() -> u64 {
    u64::MAX >> (64 - 8 * SIZE)
}

/// The first address that linkers give code which they leave out.
const fn tombstone<const SIZE: usize>() -> u64 {
    mask::<SIZE>() - 1
}

/// A value, and the bytes after it.
type Read<'l> = Option<(u64, &'l [u8])>;

#[inline(always)]
fn two<'l>(
    bytes: &'l [u8],
    first: impl Fn(&'l [u8]) -> Read<'l>,
    second: impl Fn(&'l [u8]) -> Read<'l>,
) -> Option<(u64, u64, &'l [u8])> {
    let (first, rest) = first(bytes)?;
    let (second, rest) = second(rest)?;
    Some((first, second, rest))
}

#[inline(always)]
fn address<const SIZE: usize>(bytes: &[u8]) -> Read<'_> {
    let (bytes, rest) = bytes.split_first_chunk::<SIZE>()?;
    let mut address = [0; 8];
    address.get_mut(..SIZE)?.copy_from_slice(bytes);
    Some((u64::from_le_bytes(address), rest))
}

/// A number of base 128 with up to five bytes, which is more than a file has code; `None` for others.
#[inline(always)]
fn number(bytes: &[u8]) -> Read<'_> {
    let mut number = 0;
    for at in 0..5 {
        let byte = *bytes.get(at)?;
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Some((number, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use gimli::{DebugRanges, DebugRngLists, Encoding, EndianSlice, Format, LittleEndian, RangeLists};
    use proptest::prelude::*;

    use super::{End, usual};
    use crate::limits::Budget;

    type Ranges = Vec<(u64, u64)>;

    /// The ranges by gimli, and how it ended, with a budget of so many entries.
    fn by_gimli(list: &[u8], encoding: Encoding, base: u64, entries: usize) -> (Ranges, Option<bool>) {
        let section = EndianSlice::new(list, LittleEndian);
        let lists = RangeLists::new(DebugRanges::from(section), DebugRngLists::from(section));
        let none = EndianSlice::new(&[], LittleEndian).into();
        let mut found = Vec::new();
        let mut read =
            lists.ranges(gimli::RangeListsOffset(0), encoding, base, &none, gimli::DebugAddrBase(0)).unwrap();
        for number in 0.. {
            let entry = match read.next_raw() {
                Ok(Some(entry)) => entry,
                end => return (found, end.is_ok().then_some(true)),
            };
            if number == entries {
                return (found, Some(false));
            }
            match read.convert_raw(entry) {
                Ok(range) => found.extend(range.map(|range| (range.begin, range.end))),
                Err(_) => return (found, None),
            }
        }
        unreachable!()
    }

    /// The same by the decoder here and, where that ends, gimli.
    fn by_both(list: &[u8], encoding: Encoding, base: u64, entries: usize) -> (Ranges, Option<bool>) {
        let mut found = Vec::new();
        let mut budget = Budget::new(entries as u64);
        match usual(list, encoding, base, &mut budget, |begin, end| found.push((begin, end))) {
            End::Whole => (found, Some(true)),
            End::Budget => (found, Some(false)),
            End::Unusual(at, base) => {
                let left = usize::try_from(budget.left()).unwrap();
                let (rest, end) = by_gimli(&list[at..], encoding, base, left);
                found.extend(rest);
                (found, end)
            }
        }
    }

    fn address() -> impl Strategy<Value = u64> {
        let last = [0, 1, 2, 3].map(|from_end| u64::MAX - from_end);
        let last_of_four = last.map(|address| address & 0xffff_ffff);
        prop_oneof![4 => 0..1u64 << 20, 1 => any::<u64>(), 1 => proptest::sample::select([last, last_of_four].concat())]
    }

    fn number() -> impl Strategy<Value = Vec<u8>> {
        let long = prop::collection::vec(0x80..=0xffu8, 0..11)
            .prop_flat_map(|before| (0..0x80u8).prop_map(move |last| [before.clone(), vec![last]].concat()));
        let number = any::<u32>().prop_map(|number| {
            let number = number >> (number % 31);
            let mut bytes = Vec::new();
            let mut rest = number;
            while rest >= 0x80 {
                bytes.push(rest.to_le_bytes()[0] | 0x80);
                rest >>= 7;
            }
            bytes.push(rest.to_le_bytes()[0]);
            bytes
        });
        prop_oneof![6 => number, 1 => long]
    }

    /// An entry of a version and an address size.
    fn entry(version: u16, size: u8) -> BoxedStrategy<Vec<u8>> {
        let address = move || address().prop_map(move |address| address.to_le_bytes()[..size.into()].to_vec());
        if version < 5 {
            return (address(), address()).prop_map(|(begin, end)| [begin, end].concat()).boxed();
        }
        let with = |kind: u8, first: BoxedStrategy<Vec<u8>>, second: BoxedStrategy<Vec<u8>>| {
            (first, second).prop_map(move |(first, second)| [vec![kind], first, second].concat())
        };
        let (address, nothing) = (move || address().boxed(), || Just(Vec::new()).boxed());
        prop_oneof![
            1 => Just(vec![0]),
            2 => with(5, address(), nothing()),
            6 => with(4, number().boxed(), number().boxed()),
            4 => with(6, address(), address()),
            4 => with(7, address(), number().boxed()),
            1 => (1..=3u8, number(), number()).prop_map(|(kind, first, second)| [vec![kind], first, second].concat()),
            1 => prop::collection::vec(any::<u8>(), 0..4),
        ]
        .boxed()
    }

    proptest! {
        #[test]
        fn ranges_are_those_of_gimli(
            (version, size, entries) in (2..=5u16, prop_oneof![4 => Just(8u8), 4 => Just(4), 1 => Just(2)]).prop_flat_map(
                |(version, size)| (Just(version), Just(size), prop::collection::vec(entry(version, size), 0..12))
            ),
            base in address(),
            most in 0..14usize,
            cut in 0..5usize,
            changed in prop::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let encoding = Encoding { format: Format::Dwarf32, version, address_size: size };
            let base = if size == 8 { base } else { base & 0xffff_ffff };
            let mut list = entries.concat();
            list.truncate(list.len().saturating_sub(cut));
            if let Some((at, byte)) = changed.filter(|_| !list.is_empty()) {
                let at = at.index(list.len());
                list[at] = byte;
            }
            prop_assert_eq!(by_both(&list, encoding, base, most), by_gimli(&list, encoding, base, most));
        }
    }
}
