//! The terms that every crate shares, each defined once.
//!
//! The crate has no dependencies, so that a reader of one format can use a term without the crates of the others.

mod debug_id;
pub mod path;
pub mod ranges;

pub use debug_id::DebugId;
