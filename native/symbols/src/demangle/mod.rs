//! Mangled names to readable ones.
//!
//! A name's start tells the scheme. Rust's and Microsoft's names are read by kept libraries, each held to limits here: names
//! come from files that anybody may have written, and a short one can stand for an endless text. A name that is plain, that
//! its scheme does not understand, or that exceeds a limit stays as it is.
//!
//! The Itanium C++ demangler is ours, for the reasons in [`itanium`]. So is Swift's ([`swift`]): the only other one is the
//! compiler's own, 14,000 lines of C++ that would have to be trusted with anybody's bytes, and built wherever this is.

mod bounded;
mod itanium;
mod msvc;
mod msvc_growth;
mod rust;
mod swift;
mod words;

use std::borrow::Cow;

pub use words::demangle_words;

/// The longest name that is demangled, in bytes. Longer ones have been sighted, 155 KB; nobody reads them.
pub const MAX_INPUT: usize = 64 << 10;
/// The longest text a name may come to, in bytes.
pub const MAX_OUTPUT: usize = 256 << 10;

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

/// The scheme a name is mangled by, by its start; None: it is plain.
#[must_use]
pub fn scheme(name: &str) -> Option<Scheme> {
    match *name.as_bytes() {
        [b'?', b'?' | b'$' | b'@' | b'A'..=b'Z' | b'a'..=b'z' | b'_', ..] => Some(Scheme::Msvc),
        [b'.', b'?', b'A', ..] => Some(Scheme::Msvc),
        [b'$', b's' | b'S', b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z', ..] => Some(Scheme::Swift),
        [b'_', ..] => {
            // Apple's linkers put an underscore in front of every name, and blocks have more of them.
            let bare = name.trim_start_matches('_');
            let underscores = name.len() - bare.len();
            match *bare.as_bytes() {
                [b'Z', ..] if underscores <= 4 && itanium::may_start(bare) => {
                    Some(if rust::is_legacy(name) { Scheme::Rust } else { Scheme::Itanium })
                }
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

/// The readable form of a mangled name: C++ with parameters, Rust without hashes. None: the name is plain, or cannot be
/// demangled, or only past the limits.
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

#[cfg(test)]
mod tests;
