//! PE: programs and libraries of Windows.
//!
//! Those of Microsoft's tools have their debug information in a PDB ([`crate::pdb`]), and here an id that leads to it. Those
//! of MinGW, Go and others have DWARF and a COFF symbol table. A file without either has the names that it exports, and the
//! module says so in an INFO record (`SYMBOLS exports`). An exported function ends where `.pdata` says; on x86, which has none,
//! functions that are not exported have the name of one before them.

mod builds;
mod headers;
mod ids;
mod image;
mod symbols;
mod unwind;

pub use builds::{builds, is_pe};
pub use headers::{DEBUG, EXCEPTIONS, EXPORTS, Headers, Section};
pub use image::image;

use unwind_tables::Builder;

use crate::Error;
use crate::convert::records_of;
use crate::image::{Build, Builds};
use crate::reader::{Given, Reader};
use crate::sink::RecordSink;
use crate::summary::Summary;
use crate::wanted::Wanted;

/// The reader of PE files.
#[derive(Debug)]
pub enum Pe {}

impl Reader for Pe {
    const NAME: &str = "PE";

    fn recognise(head: &[u8]) -> bool {
        is_pe(head)
    }

    fn builds(file: &[u8]) -> Result<Builds, Error> {
        builds(file)
    }

    fn records<S: RecordSink>(
        file: &[u8],
        build: &Build,
        given: &Given<'_>,
        wanted: Option<&Wanted>,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        records_of(&image(file, build)?, given.name, wanted, sink)
    }

    fn unwind_tables<'d>(file: &'d [u8], build: &Build) -> Result<Option<Builder<'d>>, Error> {
        unwind::unwind_tables(file, build)
    }
}
