//! `.pdata` and `.xdata` of PE: the function table of Windows on x86-64 and ARM64.
//!
//! A function's entry leads to codes that undo its prologue, instruction by instruction, so they also hold in the middle
//! of a prologue. Epilogues: on ARM64 the codes describe them, on x86-64 the code itself must be read. Both are considered only
//! for frames that may be at any instruction; where a function has called something, its whole prologue has run.
//!
//! A function without an entry keeps the stack pointer and calls nothing.

pub mod arm64;
mod arm64_codes;
mod arm64_packed;
mod entries;
mod special;
pub mod x64;
mod x64_info;

pub use entries::Entries;
pub use special::Special;

use crate::row::Row;

/// What the codes of a function come to at one of its instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Where the caller's values are.
    Row(Row),
    /// Something that the system put on the stack.
    Special(Special, Row),
}
