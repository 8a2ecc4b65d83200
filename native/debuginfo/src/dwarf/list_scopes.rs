//! The scopes of a unit, from its entries.

use super::scopes::{Scope, Scopes};
use super::units::{Unit, Units};

const fn is_scope(tag: gimli::DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_namespace
            | gimli::DW_TAG_structure_type
            | gimli::DW_TAG_class_type
            | gimli::DW_TAG_union_type
            | gimli::DW_TAG_enumeration_type
            | gimli::DW_TAG_interface_type
            | gimli::DW_TAG_module
    )
}

/// The scopes of a unit, listed when first needed.
pub(super) fn scopes<'u, 'd>(units: &Units<'d>, unit: &'u Unit<'d>) -> &'u Scopes<'d> {
    unit.scopes.get_or_init(|| list(units, unit))
}

/// List the scopes of a unit. A damaged unit has those before the damage.
fn list<'d>(units: &Units<'d>, unit: &Unit<'d>) -> Scopes<'d> {
    let mut scopes = Scopes::default();
    // Scopes that are open: how deep their entries are, and their index in the list.
    let mut open: Vec<(isize, usize)> = Vec::new();
    let Ok(table) = units.table(unit) else { return scopes };
    let Ok(mut entries) = unit.unit.header.entries_raw(table, None) else { return scopes };
    while !entries.is_empty() {
        let (depth, offset) = (entries.next_depth(), entries.next_offset());
        while let Some(&(outer, index)) = open.last()
            && depth <= outer
        {
            open.pop();
            if let Some(scope) = scopes.list.get_mut(index) {
                scope.end = offset.0;
            }
        }
        let Ok(abbreviation) = entries.read_abbreviation() else { break };
        let Some(abbreviation) = abbreviation else { continue };
        if !abbreviation.has_children() || !is_scope(abbreviation.tag()) {
            if entries.skip_attributes(abbreviation.attributes()).is_err() {
                break;
            }
            continue;
        }
        let parent = open.last().map(|&(_, index)| index);
        let anonymous = (abbreviation.tag() == gimli::DW_TAG_namespace).then_some(b"(anonymous namespace)".as_slice());
        let index = scopes.list.len();
        open.push((depth, index));
        let mut name = None;
        let whole = abbreviation.attributes().iter().all(|&spec| match entries.read_attribute(spec) {
            Ok(attribute) if attribute.name() == gimli::DW_AT_name => {
                name = units.text(unit, &attribute.value());
                true
            }
            attribute => attribute.is_ok(),
        });
        let name = name.filter(|name| !name.is_empty()).or(anonymous);
        scopes.list.push(Scope { name, start: offset.0, end: usize::MAX, parent });
        if !whole {
            break;
        }
    }
    scopes
}
