//! Running the unwind rules of symbol files.

pub(crate) mod cfi;
mod postfix;
pub(crate) mod stack_win;
