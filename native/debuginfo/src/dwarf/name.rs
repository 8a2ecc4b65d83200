//! The name of a function.
//!
//! The mangled name if it can be demangled, since it distinguishes overloads. Else the name in the source with its scopes; an
//! Objective-C method's is whole as it is.

use std::borrow::Cow;

use gimli::{AttributeValue, UnitOffset};

use super::Reader;
use super::list_scopes::scopes;
use super::made::Made;
use super::naming::Naming;
use super::scopes::qualified;
use super::units::{Unit, Units};
use crate::limits;

/// A name, in the file or composed.
pub(crate) type Name<'d> = Cow<'d, [u8]>;

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

/// The name of an entry, following it to where it was declared.
///
/// When `made` is used up, the scopes are left out.
pub(super) fn resolve<'d>(
    units: &Units<'d>,
    unit: &Unit<'d>,
    offset: usize,
    naming: Naming<'d>,
    made: &mut Made,
) -> Option<Name<'d>> {
    let (mut unit, mut offset, mut naming) = (unit, offset, naming);
    let (mut linkage, mut name) = (None, None);
    for hop in 0.. {
        if hop == limits::HOPS {
            made.excess += 1;
            break;
        }
        if let Some(mangled) = naming.linkage {
            if is_readable(mangled) {
                return Some(Cow::Borrowed(made.cut(mangled)));
            }
            linkage = linkage.or(naming.linkage);
        }
        name = name.or(naming.name.filter(|name| !name.is_empty()));
        let Some(next) = naming.refers else { break };
        let Some(there) = units.at(next) else { break };
        (unit, offset) = (there, next);
        naming = units.long_entries.naming(offset, || read(units, unit, offset))?;
    }
    let Some(name) = name else { return linkage.map(|linkage| Cow::Borrowed(made.cut(linkage))) };
    let name = made.cut(name);
    // The last entry is the declaration, the only one inside the class.
    if name.starts_with(b"-[") || name.starts_with(b"+[") {
        return Some(Cow::Borrowed(name));
    }
    let inside = offset.checked_sub(unit.start)?;
    Some(qualified(scopes(units, unit), inside, name, made).map_or(Cow::Borrowed(name), Cow::Owned))
}

/// The name of the entry at an offset of `.debug_info`.
pub(super) fn name_at<'d>(units: &Units<'d>, offset: usize, made: &mut Made) -> Option<Name<'d>> {
    let unit = units.at(offset)?;
    let naming = units.long_entries.naming(offset, || read(units, unit, offset))?;
    resolve(units, unit, offset, naming, made)
}

/// The name that an entry has, and the bytes of the entry.
fn read<'d>(units: &Units<'d>, unit: &Unit<'d>, offset: usize) -> Option<(Naming<'d>, usize)> {
    let inside = UnitOffset(offset.checked_sub(unit.start)?);
    let mut entries = unit.unit.header.entries_raw(units.table(unit).ok()?, Some(inside)).ok()?;
    let abbreviation = entries.read_abbreviation().ok()??;
    let mut naming = Naming::default();
    for &spec in abbreviation.attributes() {
        let attribute = entries.read_attribute(spec).ok()?;
        naming.take(units, unit, attribute.name(), || attribute.value());
    }
    Some((naming, entries.next_offset().0 - inside.0))
}

/// Whether a name is mangled by a scheme that is known, and short enough to be demangled.
pub(crate) fn is_readable(name: &[u8]) -> bool {
    // All of them begin with one of these.
    matches!(name.first(), Some(b'_' | b'?' | b'$' | b'.'))
        && name.get(..demangle::MAX_INPUT + 1).is_none()
        && std::str::from_utf8(name).is_ok_and(|name| demangle::scheme(name).is_some())
}
