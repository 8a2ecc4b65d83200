//! The scopes of a unit, from its entries.

use super::entries::{Entries, Entry, NONE};
use super::entry_name::naming_of;
use super::scopes::{Scope, Scopes};
use super::shapes::Kind;
use super::units::{Unit, Units};

/// The scopes of a unit. Reading the unit lists them; of other units they are listed when first needed.
pub(super) fn scopes<'u, 'd>(units: &Units<'d>, unit: &'u Unit<'d>) -> &'u Scopes {
    unit.scopes.get_or_init(|| {
        let mut scopes = Scopes::default();
        // A damaged unit has those before the damage.
        let _ = list(units, unit, &mut scopes);
        scopes
    })
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

fn list<'d>(units: &Units<'d>, unit: &Unit<'d>, scopes: &mut Scopes) -> Result<(), gimli::Error> {
    let Ok(table) = units.table(unit) else { return Ok(()) };
    let mut entries = Entries::of(&unit.unit, table)?;
    while let Some(entry) = entries.next()? {
        take(scopes, &entry);
        entries.watched = scopes.innermost().unwrap_or(NONE);
        entries.skip(&entry)?;
    }
    Ok(())
}
