//! The symbolication protocol of Mozilla's services and of samply: stacks of modules and offsets in JSON, answered with
//! functions, files, lines and inlined calls.
//!
//! A [`StackRequest`] is parsed from the body of a request; it names its modules; the caller looks for their symbols; and
//! the answer is written from these. Nothing here waits for a file.
//!
//! Facts: <https://mozilla-eliot.readthedocs.io/en/latest/symbolication.html> (version 5, and the deprecated version 4)
//! and samply's `API.md`.

mod answer;
mod request;
mod texts;

pub use answer::{ModuleResult, TooLarge};
pub use request::{Fault, StackRequest};
pub use texts::KeptTexts;

#[cfg(test)]
mod tests;
