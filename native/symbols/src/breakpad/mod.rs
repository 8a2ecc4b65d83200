//! Breakpad's symbol text, record by record.
//!
//! The grammar is that of Breakpad's `docs/symbol_files.md` with the dialects its own parser and
//! others accept. A line is accepted if any of those parsers accepts it, and a malformed line is skipped
//! without effect on its neighbours. [`parse`] reads a line, [`write()`] writes one.

pub(crate) mod cfi_lines;
mod fault;
pub(crate) mod fields;
mod func;
mod inline;
pub(crate) mod lines;
pub(crate) mod name;
pub(crate) mod number;
pub(crate) mod quick;
pub(crate) mod quick_inline;
mod record;
mod rules;
mod stack;
pub(crate) mod window;
mod write;

pub use fault::Fault;
pub use func::{Func, Line, Public};
pub use inline::{Dialect, Inline, InlineOrigin, Ranges};
pub use record::{File, Info, Module, Record, parse};
pub use rules::rules;
pub use stack::{CfiDelta, CfiInit, Win};
pub use write::{length, write};
