//! Records to text: numbers for names and paths, and the order of the file.

mod intern;
mod unit;

pub(crate) use intern::{Interner, Text};
pub(crate) use unit::{Ids, unit};

/// The FILE id of code whose file is not known; no record has it.
pub(crate) const NO_FILE_ID: u32 = u32::MAX;
