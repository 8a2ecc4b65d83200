//! The namespaces and types of a unit, to qualify the names of what is declared in them.

use super::name::Made;
use super::units::{Unit, Units};
use crate::limits;

/// Where the scopes of a unit are.
#[derive(Debug, Default)]
pub(super) struct Scopes<'d> {
    /// By their first byte.
    list: Vec<Scope<'d>>,
}

#[derive(Debug)]
struct Scope<'d> {
    /// `None`: it does not appear in the names of what is in it.
    name: Option<&'d [u8]>,
    /// Its entry, and the end of what it holds, as offsets in the unit.
    start: usize,
    end: usize,
    /// The scope around it.
    parent: Option<usize>,
}

impl<'d> Scopes<'d> {
    /// List the scopes of a unit. A damaged unit has those before the damage.
    fn of(units: &Units<'d>, unit: &Unit<'d>) -> Self {
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
            if !abbreviation.has_children() || !is_scope(abbreviation.tag()) {
                if entries.skip_attributes(abbreviation.attributes()).is_err() {
                    break;
                }
                continue;
            }
            let parent = open.last().map(|&(_, index)| index);
            let anonymous =
                (abbreviation.tag() == gimli::DW_TAG_namespace).then_some(b"(anonymous namespace)".as_slice());
            let index = scopes.list.len();
            open.push((depth, index));
            let mut name = None;
            let whole = abbreviation.attributes().iter().all(|&spec| match entries.read_attribute(spec) {
                Ok(attribute) if attribute.name() == gimli::DW_AT_name => {
                    name = units.text(&unit.unit, &attribute.value());
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

    /// The names of the scopes around an offset of the unit, the innermost first.
    fn around(&self, offset: usize) -> impl Iterator<Item = &'d [u8]> + '_ {
        // Scopes that ended before count as well: many may be nested in one.
        let looked_at = self.before(offset).take(limits::SCOPES);
        looked_at.filter(move |scope| offset < scope.end).filter_map(|scope| scope.name)
    }

    /// Whether there are more than those that are looked at.
    fn are_more(&self, offset: usize) -> bool {
        self.before(offset).nth(limits::SCOPES).is_some()
    }

    /// The last scope that begins before an offset, and those around it.
    fn before(&self, offset: usize) -> impl Iterator<Item = &Scope<'d>> {
        let next = self.list.partition_point(|scope| scope.start < offset);
        let mut index = next.checked_sub(1);
        std::iter::from_fn(move || {
            let scope = self.list.get(index?)?;
            index = scope.parent;
            Some(scope)
        })
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

/// The scopes of a unit, listed when first needed.
pub(super) fn scopes<'u, 'd>(units: &Units<'d>, unit: &'u Unit<'d>) -> &'u Scopes<'d> {
    unit.scopes.get_or_init(|| Scopes::of(units, unit))
}

/// A name with the scopes around its entry before it. `None`: there are none, or the budget does not suffice.
pub(super) fn qualified(scopes: &Scopes<'_>, offset: usize, name: &[u8], made: &mut Made) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = vec![name];
    let mut length = 0;
    for part in scopes.around(offset) {
        length += part.len();
        if length > limits::SCOPE {
            made.excess += 1;
            break;
        }
        parts.push(part);
    }
    made.excess += u64::from(scopes.are_more(offset));
    if parts.len() == 1 {
        return None;
    }
    if !made.take((name.len() + length + 2 * parts.len()) as u64) {
        made.excess += 1;
        return None;
    }
    parts.reverse();
    Some(parts.join(b"::".as_slice()))
}
