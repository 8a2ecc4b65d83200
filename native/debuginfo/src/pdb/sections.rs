//! From sections and offsets to addresses.

use super::dbi::Contribution;
use super::msf::{Msf, Stream};
use crate::fields::Fields;

/// Bytes of a section header, as in a PE file.
const HEADER: usize = 40;
/// Characteristics of code: it has instructions, or may be executed.
const CODE: u32 = 0x20 | 0x2000_0000;

/// A section of the image.
#[derive(Clone, Copy, Debug)]
struct Section {
    start: u32,
    size: u32,
    is_code: bool,
}

/// The sections of an image, and which module gave which part of them.
#[derive(Debug, Default)]
pub(super) struct Sections {
    list: Vec<Section>,
    contributions: Vec<Contribution>,
}

impl Sections {
    /// Read the headers.
    pub(super) fn new(headers: Option<Stream<'_>>, contributions: Vec<Contribution>) -> Self {
        let bytes = headers.map(|stream| stream.bytes()).unwrap_or_default();
        let section = |bytes| {
            let header = Fields(bytes);
            let is_code = header.u32(36)? & CODE != 0;
            Some(Section { start: header.u32(12)?, size: header.u32(8)?, is_code })
        };
        Self { list: bytes.chunks_exact(HEADER).filter_map(section).collect(), contributions }
    }

    /// The sections of a file.
    pub(super) fn of(msf: &Msf<'_>, stream: Option<u16>, contributions: Vec<Contribution>) -> Self {
        Self::new(stream.and_then(|stream| msf.stream(stream)), contributions)
    }

    /// Whether no section is known.
    pub(super) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The address at an offset of a section; `None`: it is in no section.
    pub(super) fn address(&self, section: u16, offset: u32) -> Option<u64> {
        let found = self.list.get(usize::from(section).checked_sub(1)?)?;
        (offset < found.size).then(|| u64::from(found.start) + u64::from(offset))
    }

    /// The section of code that has an address: where it begins, and where it ends.
    pub(super) fn around(&self, address: u64) -> Option<(u64, u64)> {
        let ends = |found: &Section| (u64::from(found.start), u64::from(found.start) + u64::from(found.size));
        self.list.iter().filter(|found| found.is_code).map(ends).find(|&(start, end)| (start..end).contains(&address))
    }

    /// Where the last section ends.
    pub(super) fn end(&self) -> u64 {
        self.list.iter().map(|found| u64::from(found.start) + u64::from(found.size)).max().unwrap_or(0)
    }

    /// The code at an offset of a section: its address, and the address after the section. `None`: it is no code.
    pub(super) fn code(&self, section: u16, offset: u32) -> Option<(u64, u64)> {
        let found = self.list.get(usize::from(section).checked_sub(1)?).filter(|found| found.is_code)?;
        let start = u64::from(found.start);
        (offset < found.size).then(|| (start + u64::from(offset), start + u64::from(found.size)))
    }

    /// Where the code at an offset of a section ends at the latest: with what a module gave to the section there, or where such
    /// a part begins, or with the section. Compilers make a part of each function, unless they are told otherwise.
    pub(super) fn part_end(&self, section: u16, offset: u32) -> Option<u64> {
        let (address, limit) = self.code(section, offset)?;
        let start = address - u64::from(offset);
        let next = self.contributions.partition_point(|found| (found.section, found.offset) <= (section, offset));
        let part = |at: usize| self.contributions.get(at).filter(|found| found.section == section);
        let own = next.checked_sub(1).and_then(part);
        let own =
            own.map(|found| u64::from(found.offset) + u64::from(found.size)).filter(|&end| u64::from(offset) < end);
        let end = own.or_else(|| part(next).map(|found| found.offset.into()));
        Some(end.map_or(limit, |end| limit.min(start + end)))
    }

    /// Code of so many bytes at an offset of a section, as (first address, address after the last). It ends with its section.
    pub(super) fn range(&self, section: u16, offset: u32, size: u32) -> Option<(u64, u64)> {
        let (start, limit) = self.code(section, offset)?;
        let end = limit.min(start + u64::from(size));
        (start < end).then_some((start, end))
    }

    /// Whether a module gave the code at an offset of a section. A linker that folds equal functions keeps the code of one
    /// module; the others' symbols have the same address, but their lines are not those of the code.
    pub(super) fn is_of(&self, module: u16, section: u16, offset: u32) -> bool {
        self.owners().is_of(module, section, offset)
    }

    /// Whether it is known which module gave which part of them.
    pub(super) const fn have_owners(&self) -> bool {
        !self.contributions.is_empty()
    }

    /// What modules gave to the section of an address, at it and before, from there downwards: (first address, module).
    pub(super) fn owners_before(&self, address: u64) -> impl Iterator<Item = (u64, usize)> + '_ {
        let place = self.list.iter().zip(1..=u16::MAX).find_map(|(found, number)| {
            let offset = address.checked_sub(found.start.into()).filter(|&offset| offset < found.size.into())?;
            Some((number, u32::try_from(offset).ok()?, u64::from(found.start)))
        });
        let (section, offset, start) = place.unwrap_or_default();
        let next = self.contributions.partition_point(|found| (found.section, found.offset) <= (section, offset));
        let before = self.contributions.get(..next).unwrap_or_default().iter().rev();
        before
            .take_while(move |found| found.section == section)
            .map(move |found| (start + u64::from(found.offset), usize::from(found.module)))
    }

    /// Where the code that a module gave begins, and where it ends, with whatever is between; `None`: it gave none.
    pub(super) fn span_of(&self, module: u16) -> Option<(u64, u64)> {
        let own = self.contributions.iter().filter(|found| found.module == module);
        let ranges = own.filter_map(|found| self.range(found.section, found.offset, found.size));
        ranges.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
    }

    /// For many offsets of a module, most of which follow each other.
    pub(super) const fn owners(&self) -> Owners<'_> {
        Owners { sections: self, last: 0 }
    }
}

/// Finds which module gave an offset, first near the one that was found last.
pub(super) struct Owners<'s> {
    sections: &'s Sections,
    /// What was found last.
    last: usize,
}

/// How many are looked at before all are searched.
const NEAR: usize = 4;

impl Owners<'_> {
    /// The module that gave the code or data at an offset of a section.
    fn of(&mut self, section: u16, offset: u32) -> Option<u16> {
        let all = &self.sections.contributions;
        let is_before = |found: &Contribution| (found.section, found.offset) <= (section, offset);
        // It is the last one that begins at the offset or before.
        let near = all.get(self.last..).unwrap_or_default();
        let count = near.iter().take(NEAR).take_while(|found| is_before(found)).count();
        let next = match count {
            1..NEAR => self.last + count,
            _ => all.partition_point(is_before),
        };
        self.last = next.checked_sub(1)?;
        let found = all.get(self.last)?;
        let is_in = found.section == section && offset - found.offset < found.size;
        is_in.then_some(found.module)
    }

    /// As [`Sections::is_of`].
    pub(super) fn is_of(&mut self, module: u16, section: u16, offset: u32) -> bool {
        self.of(section, offset).is_none_or(|owner| owner == module)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dbi::Contribution;
    use super::{Section, Sections};

    #[test]
    fn sections_beyond_the_last_number_have_no_owner() {
        let list = vec![Section { start: 0x1000, size: 0, is_code: true }; 70_000];
        let sections = Sections { list, contributions: Vec::new() };
        assert_eq!(sections.owners_before(0x1000).count(), 0);
    }
    #[test]
    fn code_ends_with_its_part() {
        let list = vec![Section { start: 0x1000, size: 0x100, is_code: true }];
        let part = |offset, size| Contribution { section: 1, offset, size, module: 0 };
        let sections = Sections { list, contributions: vec![part(0x10, 0x20), part(0x40, 0x200)] };
        let ends = [0, 0x10, 0x2f, 0x30, 0x40, 0x100].map(|offset| sections.part_end(1, offset));
        assert_eq!(ends, [Some(0x1010), Some(0x1030), Some(0x1030), Some(0x1040), Some(0x1100), None]);
    }
}
