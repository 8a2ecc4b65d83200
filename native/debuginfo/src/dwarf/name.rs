//! The name of a function.
//!
//! The mangled name if it can be demangled, since it distinguishes overloads. Else the name in the source with its scopes; an
//! Objective-C method's is whole as it is.

use std::borrow::Cow;

use super::entry_name::naming_of;
use super::list_scopes::{scope_name, with_scopes};
use super::made::Made;
use super::naming::Naming;
use super::scopes::{Scope, qualified};
use super::units::{Unit, Units};
use crate::limits;

/// A name, in the file or composed.
pub(crate) type Name<'d> = Cow<'d, [u8]>;

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
        naming = naming_of(units, unit, offset)?;
    }
    let Some(name) = name else { return linkage.map(|linkage| Cow::Borrowed(made.cut(linkage))) };
    let name = made.cut(name);
    // The last entry is the declaration, the only one inside the class.
    if name.starts_with(b"-[") || name.starts_with(b"+[") {
        return Some(Cow::Borrowed(name));
    }
    let inside = offset.checked_sub(unit.start)?;
    let scope_name = |scope: &Scope| scope_name(units, unit, scope);
    let qualified = with_scopes(units, unit, inside, |scopes| qualified(scopes, inside, name, made, scope_name));
    Some(qualified.map_or(Cow::Borrowed(name), Cow::Owned))
}

/// The name of the entry at an offset of `.debug_info`.
pub(super) fn name_at<'d>(units: &Units<'d>, offset: usize, made: &mut Made) -> Option<Name<'d>> {
    let unit = units.at(offset)?;
    let naming = naming_of(units, unit, offset)?;
    resolve(units, unit, offset, naming, made)
}

/// Whether a name is mangled by a scheme that is known, and short enough to be demangled.
pub(crate) fn is_readable(name: &[u8]) -> bool {
    // All of them begin with one of these.
    matches!(name.first(), Some(b'_' | b'?' | b'$' | b'.'))
        && name.get(..demangle::MAX_INPUT + 1).is_none()
        && std::str::from_utf8(name).is_ok_and(demangle::is_mangled)
}
