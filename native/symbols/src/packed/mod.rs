//! The lines and inlined calls of a function, packed.
//!
//! An index that is made from records has no text to read them from. It holds those of each function as a block after
//! the function's FUNC line:
//!
//! ```text
//! block  = inline* 0 line* 0
//! inline = bytes of the ranges, depth, call line, call file + 1 (0: unknown), origin + 1 (0: unknown), range+
//! range  = start, size
//! line   = size, flags and line number, [start], [file]
//! ```
//!
//! Every number is a little-endian base-128 varint. An address is written as the difference, zigzag-coded, from the end of
//! the range or line before it; from the function's first address for the first. The line number and the file are
//! differences from those of the line before, zigzag-coded. The number with the line's difference has two flags below
//! it: 1, a start follows (else the line begins where the one before ended); 2, a file follows (else it is the same).
//! Lines of size 0 cover nothing and are left out.
//!
//! Nothing in a block is trusted when it is read: bytes that cannot be decoded end it.

mod reader;
mod varint;
mod writer;

pub(crate) use reader::{PackedBlock, PackedEntry, PackedInline};
pub(crate) use writer::BlockWriter;

/// A start is written.
const HAS_START: u64 = 1;
/// A file is written.
const HAS_FILE: u64 = 2;

#[cfg(test)]
mod tests;
