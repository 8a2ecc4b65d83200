//! Look-ups in a symbol index: functions, source frames, unwind rules.
//!
//! All addresses are relative to the module's base. Each look-up reads the lines it needs from the
//! text; between look-ups, large blocks are cached, and functions that were looked up twice.

mod batch;
mod batch_frames;
mod block;
mod cfi;
mod function;
mod group;
mod inline_site;
mod inlines;
mod kept;
mod kept_bytes;
mod large;
mod line_ref;
mod packed_block;
mod scatter;
mod sort;
mod symbol;
mod symbol_map;
mod text_block;
mod win;

pub use crate::breakpad::name::OMITTED;
pub use batch_frames::{BatchFrames, NO_NAME, NONE};
pub use cfi::CfiRules;
pub use function::{FoundFunction, Function, Searched};
pub use inlines::SourceFrame;
pub use kept_bytes::KeptBytes;
pub use symbol_map::SymbolMap;
