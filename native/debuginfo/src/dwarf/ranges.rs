//! The code of an entry.

use gimli::{AttributeValue, Section as _};

use super::Reader;
use super::code::Code;
use super::range_list::{End, usual};
use super::units::{Unit, Units};
use crate::image::Image;
use crate::limits::Budget;

impl<'d> Code<'d> {
    /// Append the ranges, relative to the image's base; those outside the code of the image are left out.
    ///
    /// `Err` if a list of ranges is damaged, `false` if the budget ends before the list; the ranges before that are appended.
    pub(super) fn read(
        &self,
        units: &Units<'d>,
        unit: &Unit<'d>,
        image: &Image<'_>,
        budget: &mut Budget,
        out: &mut Vec<(u64, u64)>,
    ) -> Result<bool, gimli::Error> {
        let found = |start, end| out.extend(image.code_within(start, end));
        self.each((units.dwarf(unit), &unit.unit), budget, found)
    }

    /// Call `found` with each range of absolute addresses. The result is that of [`Self::read`].
    pub(super) fn each(
        &self,
        (dwarf, unit): (&gimli::Dwarf<Reader<'d>>, &gimli::Unit<Reader<'d>>),
        budget: &mut Budget,
        mut found: impl FnMut(u64, u64),
    ) -> Result<bool, gimli::Error> {
        if let Some(ranges) = self.ranges {
            return listed(ranges, dwarf, unit, budget, found);
        }
        let (Some(low), Some(high)) = (self.low, self.high) else { return Ok(true) };
        let Some(low) = dwarf.attr_address(unit, low)? else { return Ok(true) };
        let end = match dwarf.attr_address(unit, high)? {
            Some(address) => Some(address),
            None => high.udata_value().and_then(|size| low.checked_add(size)),
        };
        if let Some(end) = end {
            found(low, end);
        }
        Ok(true)
    }
}

fn listed<'d>(
    ranges: AttributeValue<Reader<'d>>,
    dwarf: &gimli::Dwarf<Reader<'d>>,
    unit: &gimli::Unit<Reader<'d>>,
    budget: &mut Budget,
    mut found: impl FnMut(u64, u64),
) -> Result<bool, gimli::Error> {
    let Some(offset) = dwarf.attr_ranges_offset(unit, ranges)? else { return Ok(true) };
    let encoding = unit.encoding();
    let section = match encoding.version {
        ..=4 => dwarf.ranges.debug_ranges().reader(),
        _ => dwarf.ranges.debug_rnglists().reader(),
    };
    let list = section.slice().get(offset.0..).unwrap_or_default();
    let (at, base) = match usual(list, encoding, unit.low_pc, budget, &mut found) {
        End::Whole if !list.is_empty() => return Ok(true),
        End::Whole => (0, unit.low_pc),
        End::Budget => return Ok(false),
        End::Unusual(at, base) => (at, base),
    };
    let offset = gimli::RangeListsOffset(offset.0.saturating_add(at));
    let mut list = dwarf.ranges.ranges(offset, encoding, base, &dwarf.debug_addr, unit.addr_base)?;
    while let Some(entry) = list.next_raw()? {
        if !budget.take(1) {
            return Ok(false);
        }
        if let Some(range) = list.convert_raw(entry)? {
            found(range.begin, range.end);
        }
    }
    Ok(true)
}
