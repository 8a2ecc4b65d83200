//! The namespaces and types of a unit, to qualify the names of what is declared in them.

use gimli::UnitOffset;

use super::units::{Unit, Units};
use crate::limits;

/// Where the scopes of a unit are.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    /// By their first byte.
    list: Vec<Scope>,
}

#[derive(Debug)]
struct Scope {
    /// Its entry, and the end of what it holds, as offsets in the unit.
    start: usize,
    end: usize,
    /// The scope around it.
    parent: Option<usize>,
}

impl Scopes {
    /// List the scopes of a unit. A damaged unit has those before the damage.
    fn of(unit: &Unit<'_>) -> Self {
        let mut scopes = Self::default();
        // Scopes that are open: how deep their entries are, and their place in the list.
        let mut open: Vec<(isize, usize)> = Vec::new();
        let Ok(mut entries) = unit.unit.header.entries_raw(&unit.unit.abbreviations, None) else { return scopes };
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
            if abbreviation.has_children() && is_scope(abbreviation.tag()) {
                let parent = open.last().map(|&(_, index)| index);
                open.push((depth, scopes.list.len()));
                scopes.list.push(Scope { start: offset.0, end: usize::MAX, parent });
            }
            if entries.skip_attributes(abbreviation.attributes()).is_err() {
                break;
            }
        }
        scopes
    }

    /// The scopes around an offset of the unit, the innermost first.
    fn around(&self, offset: usize) -> impl Iterator<Item = usize> + '_ {
        let next = self.list.partition_point(|scope| scope.start < offset);
        let mut index = next.checked_sub(1);
        std::iter::from_fn(move || {
            let scope = self.list.get(index?)?;
            index = scope.parent;
            Some(scope)
        })
        // Scopes that ended before count as well: many may be nested in one.
        .take(limits::SCOPES)
        .filter(move |scope| offset < scope.end)
        .map(|scope| scope.start)
    }
}

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

/// A name with the scopes around its entry before it. `None`: there are none.
pub(super) fn qualified<'d>(units: &Units<'d>, unit: &Unit<'d>, offset: usize, name: &[u8]) -> Option<Vec<u8>> {
    let scopes = unit.scopes.get_or_init(|| Scopes::of(unit));
    let mut parts: Vec<&[u8]> = vec![name];
    let mut length = 0;
    for scope in scopes.around(offset) {
        let part = match scope_name(units, unit, scope) {
            Some(name) => name,
            None if is_namespace(unit, scope) => b"(anonymous namespace)",
            None => continue,
        };
        length += part.len();
        if length > limits::SCOPE {
            break;
        }
        parts.push(part);
    }
    if parts.len() == 1 {
        return None;
    }
    parts.reverse();
    Some(parts.join(b"::".as_slice()))
}

fn scope_name<'d>(units: &Units<'d>, unit: &Unit<'d>, offset: usize) -> Option<&'d [u8]> {
    let mut entries = unit.unit.header.entries_raw(&unit.unit.abbreviations, Some(UnitOffset(offset))).ok()?;
    let abbreviation = entries.read_abbreviation().ok()??;
    for &spec in abbreviation.attributes() {
        let attribute = entries.read_attribute(spec).ok()?;
        if attribute.name() == gimli::DW_AT_name {
            let name = units.dwarf.attr_string(&unit.unit, attribute.value()).ok()?.slice();
            return (!name.is_empty()).then_some(name);
        }
    }
    None
}

fn is_namespace(unit: &Unit<'_>, offset: usize) -> bool {
    let entries = unit.unit.header.entries_raw(&unit.unit.abbreviations, Some(UnitOffset(offset)));
    let Ok(mut entries) = entries else { return false };
    matches!(entries.read_abbreviation(), Ok(Some(abbreviation)) if abbreviation.tag() == gimli::DW_TAG_namespace)
}
