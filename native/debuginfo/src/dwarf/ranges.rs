//! The code of an entry.

use gimli::AttributeValue;

use super::Reader;
use super::units::{Unit, Units};
use crate::image::Image;
use crate::limits::Budget;

/// The attributes of an entry that give the addresses of its code.
#[derive(Clone, Debug, Default)]
pub(super) struct Code<'d> {
    low: Option<AttributeValue<Reader<'d>>>,
    high: Option<AttributeValue<Reader<'d>>>,
    ranges: Option<AttributeValue<Reader<'d>>>,
}

impl<'d> Code<'d> {
    /// Add an attribute, if it is one of these.
    #[inline]
    pub(super) fn take(&mut self, name: gimli::DwAt, value: impl FnOnce() -> AttributeValue<Reader<'d>>) {
        match name {
            gimli::DW_AT_low_pc => self.low = Some(value()),
            gimli::DW_AT_high_pc => self.high = Some(value()),
            gimli::DW_AT_ranges => self.ranges = Some(value()),
            _ => {}
        }
    }

    /// Whether the entry states no code at all.
    pub(super) const fn is_missing(&self) -> bool {
        self.ranges.is_none() && (self.low.is_none() || self.high.is_none())
    }

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
        self.each(units, unit, budget, |start, end| out.extend(image.code_within(start, end)))
    }

    /// Call `found` with each range of absolute addresses. The result is that of [`Self::read`].
    pub(super) fn each(
        &self,
        units: &Units<'d>,
        unit: &Unit<'d>,
        budget: &mut Budget,
        mut found: impl FnMut(u64, u64),
    ) -> Result<bool, gimli::Error> {
        if let Some(ranges) = self.ranges {
            return listed(ranges, units, unit, budget, found);
        }
        let (Some(low), Some(high)) = (self.low, self.high) else { return Ok(true) };
        let Some(low) = units.dwarf.attr_address(&unit.unit, low)? else { return Ok(true) };
        let end = match units.dwarf.attr_address(&unit.unit, high)? {
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
    units: &Units<'d>,
    unit: &Unit<'d>,
    budget: &mut Budget,
    mut found: impl FnMut(u64, u64),
) -> Result<bool, gimli::Error> {
    let Some(offset) = units.dwarf.attr_ranges_offset(&unit.unit, ranges)? else { return Ok(true) };
    let mut list = units.dwarf.ranges(&unit.unit, offset)?;
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
