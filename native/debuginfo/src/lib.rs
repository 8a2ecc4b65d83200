//! Readers of debug files. They give the records of Breakpad text to a sink: text, or an index without a text.
//!
//! [`formats`] is the table of formats; each has a folder with a [`reader::Reader`], such as [`macho`]. A reader of an object
//! file gives an [`image::Image`], whose DWARF sections [`records()`] turns into records for a [`sink::RecordSink`].
//! [`search`](mod@search) finds the debug files below a folder.
//!
//! Input is hostile. Offsets, counts and references are checked where they are followed; only a unit that cannot be read is
//! lost, and counted ([`Summary::broken`]). Time and memory are linear in the size of the file: [`limits`] bounds whatever a
//! few bytes of a format could multiply. A [`Deadline`] ends whatever takes longer all the same.

mod coff;
pub mod companions;
mod compressed;
pub mod convert;
mod deadline;
mod described;
mod dwarf;
pub mod elf;
mod error;
mod fields;
mod folders;
pub mod formats;
pub mod image;
pub mod limits;
pub mod macho;
mod numbering;
pub mod pdb;
pub mod pe;
pub mod present;
mod ranges;
pub mod reader;
mod release;
pub mod search;
pub mod sink;
mod strings;
mod summary;
mod survey;
mod symbols_only;
mod wanted;
mod writer;

pub use convert::{VERSION, convert, generator, partial, records};
pub use deadline::Deadline;
pub use error::Error;
pub use release::Release;
pub use summary::Summary;
pub use survey::Survey;
pub use wanted::Wanted;
