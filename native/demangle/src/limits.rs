//! Limits that hold for every scheme.

/// The longest name that is demangled, in bytes. Longer ones occur in real files (155 KB), but are too long to read.
pub const MAX_INPUT: usize = 64 << 10;
/// The longest readable form, in bytes.
pub const MAX_OUTPUT: usize = 256 << 10;
