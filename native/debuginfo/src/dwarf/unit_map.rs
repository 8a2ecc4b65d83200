//! Which units have code where, from their first entries alone.
//!
//! `.debug_aranges` says the same for some producers only: clang on Linux writes none, rustc for half of the units, and
//! Apple's linker leaves out some code. First entries are nearly as quick to read and say it for every unit.

use super::units::{Unit, Units};
use crate::limits::Budget;
use crate::wanted::Wanted;

/// The code of each unit.
#[derive(Debug, Default)]
pub(crate) struct UnitMap {
    /// (first address, address after the last, index of the unit), relative to the image's base.
    ranges: Vec<(u64, u64, usize)>,
    /// Units that state no code. They may have some, as producers of version 2 omit it.
    pub(crate) unplaced: Vec<usize>,
}

impl UnitMap {
    /// The map of an image with this base.
    pub(crate) fn of(units: &Units<'_>, base: u64) -> Self {
        let mut map = Self::default();
        for (index, unit) in units.list.iter().enumerate().filter(|(_, unit)| !unit.is_partial) {
            map.add(units, unit, index, base);
        }
        map
    }

    fn add<'d>(&mut self, units: &Units<'d>, unit: &Unit<'d>, index: usize, base: u64) {
        // In real files a list belongs to one unit, and has a range for some bytes of it.
        let mut budget = Budget::new((unit.end - unit.start) as u64);
        let first = self.ranges.len();
        let read = unit.code.each(units.of_root(unit), &mut budget, |start, end| {
            let (start, end) = (start.saturating_sub(base), end.saturating_sub(base));
            match self.ranges.get_mut(first..).and_then(<[_]>::last_mut) {
                Some(last) if last.1 == start => last.1 = end,
                _ if start < end => self.ranges.push((start, end, index)),
                _ => {}
            }
        });
        // A damaged list may have lost any code.
        if !matches!(read, Ok(true)) || unit.code.is_missing() {
            self.ranges.truncate(first);
            self.unplaced.push(index);
        }
    }

    /// The units that have code at one of these addresses, in the order of the file.
    pub(crate) fn at(&self, wanted: &Wanted) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for &(start, end, index) in &self.ranges {
            // The ranges of a unit are together.
            if found.last() != Some(&index) && wanted.are_in(&[(start, end)]) {
                found.push(index);
            }
        }
        found
    }

    /// The unit with the last code that begins at or before `address` and ends after `limit`, of those that `is_open` accepts.
    pub(crate) fn last_before(&self, limit: u64, address: u64, is_open: impl Fn(usize) -> bool) -> Option<usize> {
        let between = self.ranges.iter().filter(|range| range.0 <= address && range.1 > limit && is_open(range.2));
        between.max_by_key(|range| range.0).map(|range| range.2)
    }
}
