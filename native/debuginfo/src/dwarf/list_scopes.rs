//! The scopes of a unit, from its entries.

use super::entries::{Entries, Entry, NONE};
use super::entry_name::naming_of;
use super::scopes::{Scope, Scopes};
use super::shapes::Kind;
use super::units::{Unit, Units};

/// The scopes of a unit that are around an offset in it. Reading the whole unit lists all; else they are listed when first
/// needed: those outside functions, and those in functions only for an offset there.
pub(super) fn scopes<'u, 'd>(units: &Units<'d>, unit: &'u Unit<'d>, inside: usize) -> &'u Scopes {
    if let Some(all) = unit.scopes.get() {
        return all;
    }
    let listed = |jumps| {
        let mut scopes = Scopes::default();
        // A damaged unit has those before the damage.
        let _ = list(units, unit, jumps, &mut scopes);
        scopes
    };
    let outer = unit.outer_scopes.get_or_init(|| listed(true));
    if outer.has_left_out(inside) { unit.scopes.get_or_init(|| listed(false)) } else { outer }
}

/// The name that a scope gives to what is in it; `None`: none.
pub(super) fn scope_name<'d>(units: &Units<'d>, unit: &Unit<'d>, scope: &Scope) -> Option<&'d [u8]> {
    let name = naming_of(units, unit, unit.start + scope.start as usize).and_then(|naming| naming.name);
    let anonymous = scope.is_namespace.then_some(b"(anonymous namespace)".as_slice());
    name.filter(|name| !name.is_empty()).or(anonymous)
}

/// Take in an entry, if a scope begins or ends there.
#[inline]
pub(super) fn take(scopes: &mut Scopes, entry: &Entry<'_>) {
    match entry.kind {
        Kind::Scope => scopes.add(entry.depth, entry.offset, entry.is_namespace),
        Kind::End => scopes.leave(entry.depth, entry.offset),
        _ => {}
    }
}

/// List the scopes; if it `jumps`, without those in functions that say where the next entry is.
fn list<'d>(units: &Units<'d>, unit: &Unit<'d>, jumps: bool, scopes: &mut Scopes) -> Result<(), gimli::Error> {
    let Ok(table) = units.table(unit) else { return Ok(()) };
    let mut entries = Entries::of(&unit.unit, table)?;
    entries.with_calls = false;
    while let Some(entry) = entries.next()? {
        take(scopes, &entry);
        entries.watched = scopes.innermost().unwrap_or(NONE);
        let is_function = matches!(entry.kind, Kind::Function | Kind::Bare);
        if !(jumps && is_function && entry.has_children && entry.has_sibling) {
            entries.skip(&entry)?;
            continue;
        }
        if let Some(next) = entries.sibling(&entry)?
            && entries.skip_children(&entry, next)
        {
            scopes.leave_out(entry.offset, next);
        }
    }
    Ok(())
}
