//! The attributes that name an entry, read.

use gimli::{AttributeValue, EntriesRaw, UnitOffset};

use super::Reader;
use super::entries::no_abbreviations;
use super::naming::Naming;
use super::units::{Unit, Units};

impl<'d> Naming<'d> {
    /// Add an attribute, if it is one of these.
    #[inline]
    pub(super) fn take(
        &mut self,
        units: &Units<'d>,
        unit: &Unit<'d>,
        name: gimli::DwAt,
        value: impl FnOnce() -> AttributeValue<Reader<'d>>,
    ) {
        let text = |value| units.text(unit, &value);
        match name {
            gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => self.linkage = text(value()),
            gimli::DW_AT_name => self.name = text(value()),
            gimli::DW_AT_abstract_origin | gimli::DW_AT_specification => {
                self.refers = entry_offset(unit, &value()).or(self.refers);
            }
            _ => {}
        }
    }
}

/// The entry that an attribute refers to, as an offset of `.debug_info`.
pub(super) fn entry_offset(unit: &Unit<'_>, value: &AttributeValue<Reader<'_>>) -> Option<usize> {
    match *value {
        AttributeValue::UnitRef(offset) => unit.start.checked_add(offset.0),
        AttributeValue::DebugInfoRef(offset) => unit.info_start.checked_add(offset.0),
        AttributeValue::DebugInfoRefSup(offset) => unit.shared_start.checked_add(offset.0),
        _ => None,
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
            let value = field.value(bytes.slice())?;
            naming.take(units, unit, field.name, || value);
        }
        return Some((naming, 0));
    }
    let mut entry = EntriesRaw::new(bytes, unit.unit.encoding(), no_abbreviations(), UnitOffset(length - bytes.len()));
    for &spec in table.attributes(shape) {
        let attribute = entry.read_attribute(spec).ok()?;
        naming.take(units, unit, attribute.name(), || attribute.value());
    }
    Some((naming, entry.next_offset().0))
}
