//! Mangled names to readable ones: C++ (Itanium ABI and Microsoft), Rust and Swift.
//!
//! The start of a name states its scheme. Rust's and Microsoft's names are read by third-party libraries, each bounded here:
//! names come from files that anybody may have written, and a short one can expand to an endless text. A name that is not
//! mangled, that cannot be parsed or that exceeds a limit stays as it is.
//!
//! The Itanium and the Swift demanglers are our own; `docs/adr/0014-names-are-demangled-here.md` gives the reasons.

mod bounded;
mod itanium;
mod limits;
mod msvc;
mod msvc_growth;
mod name;
mod rust;
mod scheme;
mod swift;
mod words;

pub use limits::{MAX_INPUT, MAX_OUTPUT};
pub use name::{demangle, readable};
pub use scheme::{Scheme, is_mangled, scheme};
pub use words::demangle_words;

#[cfg(test)]
mod tests;
