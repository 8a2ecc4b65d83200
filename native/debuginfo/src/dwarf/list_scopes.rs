//! The scopes of a unit, from its entries.

use std::sync::atomic::Ordering;

use super::entries::{Entries, NONE};
use super::entry_name::naming_of;
use super::scopes::{Scope, Scopes};
use super::shapes::{Kind, SCOPES, Shape};
use super::units::{Unit, Units};

/// Call `read` with the scopes of a unit that are around an offset in it, inner ones first. If all functions of the file are wanted,
/// all scopes are listed; else those outside functions and types when first needed, and those inside one for each offset there.
pub(super) fn with_scopes<'d, T>(
    units: &Units<'d>,
    unit: &Unit<'d>,
    inside: usize,
    read: impl FnOnce(&[&Scopes]) -> T,
) -> T {
    let listed = |part| {
        let mut scopes = Scopes::default();
        // A damaged unit has those before the damage.
        let _ = list(units, unit, part, &mut scopes);
        scopes
    };
    if units.are_whole {
        // Not the others until the unit is read: siblings of a damaged unit may skip a scope, and a name must not depend on the order
        // in which units are read.
        return read(&[unit.scopes.get_or_init(|| listed(Part::All))]);
    }
    if let Some(all) = unit.scopes.get() {
        return read(&[all]);
    }
    let outer = unit.outer_scopes.get_or_init(|| listed(Part::Outer));
    let Some((entry, next)) = outer.left_out_around(inside) else { return read(&[outer]) };
    // As many bytes as the unit has may be read twice.
    let before = unit.listed_again.fetch_add(next - entry, Ordering::Relaxed);
    if before > unit.end - unit.start {
        return read(&[unit.scopes.get_or_init(|| listed(Part::All))]);
    }
    read(&[&listed(Part::Inside(entry, next)), outer])
}

/// Which entries of a unit are read.
#[derive(Clone, Copy)]
enum Part {
    All,
    /// Those outside types and functions that say where the next entry is.
    Outer,
    /// Those inside the entry at an offset of the unit, up to the next one.
    Inside(usize, usize),
}

/// The name that a scope gives to what is in it; `None`: none.
pub(super) fn scope_name<'d>(units: &Units<'d>, unit: &Unit<'d>, scope: &Scope) -> Option<&'d [u8]> {
    let name = naming_of(units, unit, unit.start + scope.start as usize).and_then(|naming| naming.name);
    let anonymous = scope.is_namespace.then_some(b"(anonymous namespace)".as_slice());
    name.filter(|name| !name.is_empty()).or(anonymous)
}

/// Take in the entry that was given last, if a scope begins or ends there.
#[inline]
pub(super) fn take(scopes: &mut Scopes, entries: &Entries<'_, '_>, shape: &Shape) {
    match shape.kind {
        Kind::Scope => scopes.add(entries.depth(), entries.offset(), shape.is_namespace()),
        Kind::End => scopes.leave(entries.depth(), entries.offset()),
        _ => {}
    }
}

/// List the scopes in a part of a unit.
fn list<'d>(units: &Units<'d>, unit: &Unit<'d>, part: Part, scopes: &mut Scopes) -> Result<(), gimli::Error> {
    let Ok(table) = units.table(unit) else { return Ok(()) };
    let mut entries = Entries::of(&unit.unit, table)?;
    entries.interest = SCOPES;
    let mut first = 0;
    if let Part::Inside(entry, next) = part {
        entries.read_part(entry, next);
        first = entry + 1;
    }
    while let Some(shape) = entries.next()? {
        if entries.offset() >= first {
            take(scopes, &entries, shape);
        }
        let jumps = matches!(part, Part::Outer) && shape.has_children && shape.has_sibling && !shape.is_namespace();
        if !jumps {
            entries.skip(shape)?;
        } else if let Some(next) = entries.sibling(shape)?
            && entries.skip_children(next)
        {
            scopes.leave_out(entries.offset(), next);
            // A type ends there.
            scopes.leave(entries.depth(), next);
        }
        entries.watched = scopes.innermost().unwrap_or(NONE);
    }
    Ok(())
}
