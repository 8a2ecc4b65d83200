//! Rust names, old and new.

use std::fmt::Write as _;

use super::bounded::Bounded;
use super::limits::MAX_OUTPUT;

/// Whether an Itanium-looking name is one of Rust's: it ends in a hash, which a suffix of LLVM may follow.
pub(super) fn is_legacy(name: &str) -> bool {
    let plain = name.find(".llvm.").map_or(name, |at| &name[..at]);
    let plain = plain.strip_suffix(THREAD_LOCAL).unwrap_or(plain);
    let Some((_, hash)) = plain.strip_suffix('E').and_then(|inner| inner.rsplit_once("17h")) else { return false };
    hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The suffix that LLVM appends for the initial value of a thread-local variable on Apple's systems.
const THREAD_LOCAL: &str = "$tlv$init";

/// Without hashes: `core::ptr::drop_in_place`.
pub(super) fn demangle(name: &str) -> Option<String> {
    let demangled = rustc_demangle::try_demangle(name.strip_suffix(THREAD_LOCAL).unwrap_or(name)).ok()?;
    let mut out = Bounded::new(MAX_OUTPUT);
    write!(out, "{demangled:#}").ok()?;
    Some(out.into_text())
}
