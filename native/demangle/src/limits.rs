//! Limits that hold for every scheme.

/// The longest name that is demangled, in bytes. Longer ones occur in real files, of 155 KB; nobody reads them.
pub const MAX_INPUT: usize = 64 << 10;
/// The longest text a name may come to, in bytes.
pub const MAX_OUTPUT: usize = 256 << 10;
