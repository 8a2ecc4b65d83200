//! One name, mangled to readable.

use std::borrow::Cow;

use super::limits::MAX_INPUT;
use super::scheme::{Scheme, scheme};
use super::{itanium, msvc, rust, swift};

/// The readable form of a mangled name: C++ with parameters, Rust without hashes. `None` if the name is not mangled,
/// cannot be demangled, or exceeds a limit.
#[must_use]
pub fn demangle(name: &str) -> Option<String> {
    let scheme = scheme(name)?;
    if name.len() > MAX_INPUT || name.bytes().any(|b| b.is_ascii_control()) {
        return None;
    }
    match scheme {
        Scheme::Itanium => itanium::demangle(name),
        Scheme::Msvc => msvc::demangle(name),
        Scheme::Rust => rust::demangle(name),
        Scheme::Swift | Scheme::OldSwift => swift::demangle(name),
    }
    .filter(|text| !text.is_empty())
}

/// The readable form of a name, or the name.
#[must_use]
pub fn readable(name: &str) -> Cow<'_, str> {
    demangle(name).map_or(Cow::Borrowed(name), Cow::Owned)
}
