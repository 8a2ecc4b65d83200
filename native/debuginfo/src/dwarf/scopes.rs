//! The namespaces and types of a unit, which qualify the names declared in them.

use super::made::Made;
use crate::limits;

/// Where the scopes of a unit are.
#[derive(Debug, Default)]
pub(super) struct Scopes<'d> {
    /// By their first byte.
    pub(super) list: Vec<Scope<'d>>,
}

#[derive(Debug)]
pub(super) struct Scope<'d> {
    /// `None`: it does not qualify names.
    pub(super) name: Option<&'d [u8]>,
    /// Its entry, and the end of what it holds, as offsets in the unit.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The scope around it.
    pub(super) parent: Option<usize>,
}

impl<'d> Scopes<'d> {
    /// The names of the scopes around an offset of the unit, the innermost first.
    fn around(&self, offset: usize) -> impl Iterator<Item = &'d [u8]> + '_ {
        // Scopes that ended before count as well: many may be nested in one.
        let looked_at = self.before(offset).take(limits::SCOPES);
        looked_at.filter(move |scope| offset < scope.end).filter_map(|scope| scope.name)
    }

    /// Whether there are more than the limit.
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
