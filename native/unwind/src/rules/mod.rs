//! Breakpad's unwind rules: `STACK CFI` and `STACK WIN` records, found by the symbol index. `STACK CFI` rules
//! are compiled and kept; the programs of `STACK WIN` run as text.

mod breakpad;
mod cfi;
mod expression;
mod postfix;
mod register_name;
mod rows;
mod stack_win;

pub use breakpad::{Breakpad, BreakpadRules};
