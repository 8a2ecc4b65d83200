//! Answers from a symbol index: functions, source frames, unwind rules.
//!
//! All addresses are relative to the module's base. Each look-up reads the lines it needs from the
//! text; nothing is kept between look-ups but what was found in large blocks.

mod batch;
mod block;
pub(crate) mod cfi;
mod function;
mod group;
mod inlines;
pub(crate) mod large;
mod name;
mod scatter;
mod sort;
mod win;

pub use batch::{BatchFrames, NO_NAME, NONE};
pub use cfi::CfiRules;
pub use function::Function;
pub use inlines::SourceFrame;
pub use name::OMITTED;
pub(crate) use name::name;
pub use win::StackWin;
