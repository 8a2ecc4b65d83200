//! The inputs of a batch: each crash and each error becomes a row of a file, and is counted.
//!
//! A [`Run`] processes one input after the other on the thread of its caller, who finds symbols when they are needed, and says what
//! is in an archive. A batch has a process for each core, because an input may end its process: threads would end with it.

mod counted;
mod error;
mod lines;
mod rows;
mod run;
mod tally;
mod watch;

pub use error::Error;
pub use lines::{Held, Place};
pub use rows::Format;
pub use run::{Content, Ended, Event, Given, Run, Setup};
pub use watch::{State, Watch};
