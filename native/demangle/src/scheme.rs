//! How a name is mangled, by its start.

use super::{itanium, rust};

/// How a name is mangled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// C++ of GCC and Clang: `_ZN2ns1fEv`. Old Rust names look the same: see [`Scheme::Rust`].
    Itanium,
    /// C++ of Microsoft's compiler: `?f@ns@@YAXXZ`.
    Msvc,
    /// Rust, old (`_ZN…17h0123456789abcdefE`) and new (`_RNv…`).
    Rust,
    /// Swift since version 4: `$s4main1fyyF`.
    Swift,
    /// Swift before version 4: `_TF4main1fFT_T_`; and the names that the Objective-C run-time has for Swift's classes.
    OldSwift,
}

/// The scheme by which a name is mangled, from its start; `None` if it is not mangled.
#[must_use]
pub fn scheme(name: &str) -> Option<Scheme> {
    // Old Rust names differ at their end.
    scheme_at_start(name).map(|found| match found {
        Scheme::Itanium if rust::is_legacy(name) => Scheme::Rust,
        found => found,
    })
}

/// Whether a name is mangled: whether it has a [`scheme`].
#[must_use]
pub fn is_mangled(name: &str) -> bool {
    scheme_at_start(name).is_some()
}

fn scheme_at_start(name: &str) -> Option<Scheme> {
    match *name.as_bytes() {
        [b'?', b'?' | b'$' | b'@' | b'A'..=b'Z' | b'a'..=b'z' | b'_', ..] => Some(Scheme::Msvc),
        [b'.', b'?', b'A', ..] => Some(Scheme::Msvc),
        [b'$', b's' | b'S', b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z', ..] => Some(Scheme::Swift),
        [b'_', ..] => {
            // Apple's linkers put an underscore in front of every name, and blocks have more of them.
            let bare = name.trim_start_matches('_');
            let underscores = name.len() - bare.len();
            match *bare.as_bytes() {
                [b'Z', ..] if underscores <= 4 && itanium::may_start(bare) => Some(Scheme::Itanium),
                [b'R', b'0'..=b'9' | b'A'..=b'Z', ..] if underscores <= 2 => Some(Scheme::Rust),
                [b'$', b's' | b'S', b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z', ..] if underscores == 1 => {
                    Some(Scheme::Swift)
                }
                [b'T', b'0', ..] if underscores <= 2 && bare.len() > 6 => Some(Scheme::Swift),
                [
                    b'T',
                    b'F' | b'I' | b'M' | b'P' | b'T' | b'W' | b'Z' | b'i' | b't' | b'v' | b'w' | b'C' | b'O' | b'V',
                    ..,
                ] if underscores <= 2 && bare.len() > 6 => Some(Scheme::OldSwift),
                _ => None,
            }
        }
        _ => None,
    }
}
