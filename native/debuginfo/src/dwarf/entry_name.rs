//! The attributes that name an entry, read.

use gimli::{AttributeValue, EntriesRaw, UnitOffset};

use super::entries::no_abbreviations;
use super::fields::Attribute;
use super::naming::Naming;
use super::units::{Unit, Units};

impl<'d> Attribute<'_, 'd> {
    /// The entry that it refers to, as an offset of `.debug_info`.
    #[inline]
    pub(super) fn entry(&self, unit: &Unit<'_>) -> Option<usize> {
        if let Some(offset) = self.unit_offset() {
            return unit.start.checked_add(offset);
        }
        match self.value()? {
            AttributeValue::UnitRef(offset) => unit.start.checked_add(offset.0),
            AttributeValue::DebugInfoRef(offset) => unit.info_start.checked_add(offset.0),
            AttributeValue::DebugInfoRefSup(offset) => unit.shared_start.checked_add(offset.0),
            _ => None,
        }
    }

    /// The text that it has, in the entry or in a section of strings.
    #[inline]
    fn text(&self, units: &Units<'d>, unit: &Unit<'d>) -> Option<&'d [u8]> {
        match self.text_offset() {
            Some(offset) => units.string(unit, offset),
            None => units.text(unit, &self.value()?),
        }
    }
}

impl<'d> Naming<'d> {
    /// Add an attribute, if it is one of these.
    #[inline]
    pub(super) fn take(&mut self, units: &Units<'d>, unit: &Unit<'d>, attribute: &Attribute<'_, 'd>) {
        match attribute.name() {
            gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => self.linkage = attribute.text(units, unit),
            gimli::DW_AT_name => self.name = attribute.text(units, unit),
            gimli::DW_AT_abstract_origin | gimli::DW_AT_specification => {
                self.refers = attribute.entry(unit).or(self.refers);
            }
            _ => {}
        }
    }
}

/// What names the entry at an offset of `.debug_info`, which is in this unit.
pub(super) fn naming_of<'d>(units: &Units<'d>, unit: &Unit<'d>, offset: usize) -> Option<Naming<'d>> {
    units.long_entries.naming(offset, || read(units, unit, offset))
}

/// The name that an entry has, and the bytes of the entry that were read.
fn read<'d>(units: &Units<'d>, unit: &Unit<'d>, offset: usize) -> Option<(Naming<'d>, usize)> {
    let inside = UnitOffset(offset.checked_sub(unit.start)?);
    let table = units.table(unit).ok()?;
    let mut bytes = unit.unit.header.range_from(inside..).ok()?;
    let length = bytes.len();
    let shape = table.shape(gimli::Reader::read_uleb128(&mut bytes).ok()?)?;
    let mut naming = Naming::default();
    if let Some(fields) = table.fields(shape) {
        for field in fields {
            if !field.is_in(bytes.slice()) {
                return None;
            }
            naming.take(units, unit, &Attribute::Field(field, bytes.slice()));
        }
        return Some((naming, 0));
    }
    let mut entry = EntriesRaw::new(bytes, unit.unit.encoding(), no_abbreviations(), UnitOffset(length - bytes.len()));
    for spec in table.attributes(shape) {
        let attribute = entry.read_attribute(spec).ok()?;
        naming.take(units, unit, &Attribute::Value(attribute.name(), attribute.value()));
    }
    Some((naming, entry.next_offset().0))
}
