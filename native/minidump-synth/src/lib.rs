//! Minidumps made by hand, for tests: streams and loose pieces, put one after the other.
//!
//! **You give** a [`Builder`] records made of [`Fields`], wrong ones if the test needs them. **You get** the bytes of a dump.
//! A mistake in a test panics.
#![allow(clippy::unwrap_used, clippy::must_use_candidate, reason = "tests fail by panicking")]

mod builder;
mod fields;
mod process;
mod records;

pub use builder::Builder;
pub use fields::Fields;
pub use records::{amd64_context, exception, module, thread, unloaded};
