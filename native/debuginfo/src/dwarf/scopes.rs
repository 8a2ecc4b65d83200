//! The namespaces and types of a unit, which qualify the names declared in them.

use super::made::Made;
use crate::limits;

/// Where the scopes of a unit are.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    /// By their first byte.
    list: Vec<Scope>,
    /// Scopes that are open while the entries are read: how deep their entries are, and their index in the list.
    open: Vec<(isize, u32)>,
    /// Entries whose inside was left out, as offsets of the unit: where each begins, and where the next one does.
    left_out: Vec<(usize, usize)>,
}

/// A namespace or a type. Its name is read when it is needed.
#[derive(Debug)]
pub(super) struct Scope {
    /// Its entry, and the end of what it holds, as offsets in the unit.
    pub(super) start: u32,
    end: u32,
    /// The scope around it.
    parent: u32,
    pub(super) is_namespace: bool,
}

/// No scope around.
const OUTERMOST: u32 = u32::MAX;

impl Scopes {
    /// Add a scope: the next in the order of the file.
    pub(super) fn add(&mut self, depth: isize, offset: usize, is_namespace: bool) {
        // A unit of 4 GiB and more loses the scopes after that.
        let (Ok(start), Ok(index)) = (u32::try_from(offset), u32::try_from(self.list.len())) else { return };
        let parent = self.open.last().map_or(OUTERMOST, |&(_, index)| index);
        self.open.push((depth, index));
        self.list.push(Scope { start, end: u32::MAX, parent, is_namespace });
    }

    /// The depth of the entry of the innermost scope that is open.
    pub(super) fn innermost(&self) -> Option<isize> {
        self.open.last().map(|&(depth, _)| depth)
    }

    /// End the scopes whose entries are at this depth or deeper.
    pub(super) fn leave(&mut self, depth: isize, offset: usize) {
        while let Some(&(outer, index)) = self.open.last()
            && depth <= outer
        {
            self.open.pop();
            if let Some(scope) = self.list.get_mut(index as usize) {
                scope.end = u32::try_from(offset).unwrap_or(u32::MAX);
            }
        }
    }

    /// What is inside an entry is left out, up to the next one; entries follow each other.
    pub(super) fn leave_out(&mut self, entry: usize, next: usize) {
        self.left_out.push((entry, next));
    }

    /// The entry that has an offset in what was left out of it, and the next one.
    pub(super) fn left_out_around(&self, offset: usize) -> Option<(usize, usize)> {
        let next = self.left_out.partition_point(|&(_, next)| next <= offset);
        self.left_out.get(next).copied().filter(|&(entry, _)| entry < offset)
    }

    /// The scopes around an offset of the unit, the innermost first.
    fn around(&self, offset: usize) -> impl Iterator<Item = &Scope> {
        // Scopes that ended before count as well: many may be nested in one.
        let looked_at = self.before(offset).take(limits::SCOPES);
        looked_at.filter(move |scope| scope.end == u32::MAX || offset < scope.end as usize)
    }

    /// Whether there are more than the limit.
    fn are_more(&self, offset: usize) -> bool {
        self.before(offset).nth(limits::SCOPES).is_some()
    }

    /// The last scope that begins before an offset, and those around it.
    fn before(&self, offset: usize) -> impl Iterator<Item = &Scope> {
        let next = self.list.partition_point(|scope| (scope.start as usize) < offset);
        let mut index = next.checked_sub(1);
        std::iter::from_fn(move || {
            let scope = self.list.get(index?)?;
            index = (scope.parent != OUTERMOST).then_some(scope.parent as usize);
            Some(scope)
        })
    }
}

/// A name with the scopes around its entry before it, from lists of them, inner ones first. `None`: there are none, or the budget
/// does not suffice.
pub(super) fn qualified<'d>(
    scopes: &[&Scopes],
    offset: usize,
    name: &[u8],
    made: &mut Made,
    name_of: impl Fn(&Scope) -> Option<&'d [u8]>,
) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = vec![name];
    let mut length = 0;
    for part in scopes.iter().flat_map(|list| list.around(offset)).filter_map(name_of) {
        length += part.len();
        if length > limits::SCOPE {
            made.excess += 1;
            break;
        }
        parts.push(part);
    }
    made.excess += u64::from(scopes.iter().any(|list| list.are_more(offset)));
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
