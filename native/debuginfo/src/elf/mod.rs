//! ELF: programs, libraries, and the files that their debug information was put into.

mod builds;
mod companions;
mod embedded;
mod headers;
mod ids;
mod image;
mod sections;
mod symbol_table;
mod unwind;

pub use builds::{builds, is_elf};
pub use embedded::Embedded;
pub use headers::{Headers, Section, Segment};
pub use image::image;

use crate::Error;
use crate::companions::{Companion, Companions};
use crate::convert::{Summary, partial, records};
use crate::image::{Build, Builds};
use crate::reader::Reader;
use crate::sink::RecordSink;
use crate::wanted::Wanted;
use unwind_tables::Builder;

/// The reader of ELF files.
#[derive(Debug)]
pub enum Elf {}

impl Reader for Elf {
    const NAME: &str = "ELF";

    fn recognise(head: &[u8]) -> bool {
        is_elf(head)
    }

    fn builds(file: &[u8]) -> Result<Builds, Error> {
        builds(file)
    }

    fn records<S: RecordSink>(file: &[u8], build: &Build, name: &str, sink: &mut S) -> Result<Summary, Error> {
        Self::records_with(file, build, &Companions::default(), name, sink)
    }

    fn companions(file: &[u8], build: &Build) -> Result<Vec<Companion>, Error> {
        Ok(companions::wanted(&Headers::read(build.bytes(file)?)?))
    }

    fn records_with<S: RecordSink>(
        file: &[u8],
        build: &Build,
        companions: &Companions<'_>,
        name: &str,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        records(&image(file, build, &Embedded::of(file), companions)?, name, sink)
    }

    fn partial<S: RecordSink>(
        file: &[u8],
        build: &Build,
        name: &str,
        wanted: &Wanted,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        Self::partial_with(file, build, &Companions::default(), name, wanted, sink)
    }

    fn partial_with<S: RecordSink>(
        file: &[u8],
        build: &Build,
        companions: &Companions<'_>,
        name: &str,
        wanted: &Wanted,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        partial(&image(file, build, &Embedded::of(file), companions)?, name, wanted, sink)
    }

    fn unwind_tables<'d>(file: &'d [u8], build: &Build) -> Result<Option<Builder<'d>>, Error> {
        unwind::unwind_tables(file, build)
    }
}
