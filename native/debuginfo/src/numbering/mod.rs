//! From records to a sink: numbers for names and paths, and the order of a module's records.

mod functions;
mod intern;
mod number_hash;

pub(crate) use functions::{Ids, give_functions};
pub(crate) use intern::{Hashes, Interner, Text};
pub(crate) use number_hash::ByNumber;

/// The FILE id of code whose file is not known; no record has it.
pub(crate) const NO_FILE_ID: u32 = u32::MAX;
