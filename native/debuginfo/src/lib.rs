//! Debug information files as the records of Breakpad text.
//!
//! A file is converted once, and everything after it (index, look-up, store) is the way of any symbol file. [`macho`] says
//! what an Apple file holds and where its sections are; [`dwarf`] turns DWARF of any file into records; [`convert()`] puts
//! both together. Formats to come stand beside `macho` and give the same [`image::Image`].
//!
//! Input is hostile. Offsets, counts and references are checked where they are followed; a unit that cannot be read costs
//! itself and is counted ([`Summary::broken`]); time and memory are linear in the size of the file, which [`limits`] sees
//! to wherever the format would allow a few bytes to ask for many.

pub mod convert;
pub mod dwarf;
mod error;
pub mod formats;
pub mod image;
pub mod limits;
pub mod macho;
mod numbering;
pub mod reader;
pub mod search;
pub mod sink;
mod strings;
mod symbols_only;

pub use convert::{Summary, VERSION, convert, records};
pub use error::Error;
