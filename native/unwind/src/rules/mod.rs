//! Breakpad's unwind rules: `STACK CFI` and `STACK WIN` records, found by the symbol index and run as text.

mod breakpad;
mod cfi;
mod postfix;
mod stack_win;

pub use breakpad::{Breakpad, BreakpadRules};
