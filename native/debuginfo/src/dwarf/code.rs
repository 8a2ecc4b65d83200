//! The attributes of an entry that give the addresses of its code.

use gimli::AttributeValue;

use super::Reader;
use super::fields::Attribute;

/// The attributes of an entry that give the addresses of its code.
#[derive(Clone, Debug, Default)]
pub(super) struct Code<'d> {
    pub(super) low: Option<AttributeValue<Reader<'d>>>,
    pub(super) high: Option<AttributeValue<Reader<'d>>>,
    pub(super) ranges: Option<AttributeValue<Reader<'d>>>,
}

impl<'d> Code<'d> {
    /// Add an attribute, if it is one of these.
    #[inline]
    pub(super) fn take(&mut self, attribute: &Attribute<'_, 'd>) {
        match attribute.name() {
            gimli::DW_AT_low_pc => self.low = attribute.value(),
            gimli::DW_AT_high_pc => self.high = attribute.value(),
            gimli::DW_AT_ranges => self.ranges = attribute.value(),
            _ => {}
        }
    }

    /// Whether the entry states no code at all.
    pub(super) const fn is_missing(&self) -> bool {
        self.ranges.is_none() && (self.low.is_none() || self.high.is_none())
    }
}
