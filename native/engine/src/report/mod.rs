//! Reports as JSON: of a dump, and of a crash without one.
//!
//! Keys and value styles are those of rust-minidump's published schema, so that its readers work unchanged; further
//! keys are additions. As there, an absent value is `null` under its key. Both kinds of report have the same keys;
//! shared parts are written by the same code.

mod cut;
mod dump;
mod exception;
mod failure;
mod frame;
mod metadata;
mod modules;
mod needed;
mod recursion;
mod share;
mod system;
mod unwound;

pub(crate) use dump::DumpReport;
pub(crate) use unwound::UnwoundReport;

/// The version of the JSON: it grows when a key changes its meaning or goes away.
const SCHEMA_VERSION: u64 = 1;
