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
use crate::convert::{records_of, survey_of};
use crate::deadline::Deadline;
use crate::image::{Build, Builds, Image};
use crate::reader::{Given, Reader};
use crate::sink::RecordSink;
use crate::summary::Summary;
use crate::survey::Survey;
use crate::wanted::Wanted;
use unwind_tables::Builder;

/// The build in a file.
fn one_build(file: &[u8]) -> Result<Build, Error> {
    builds(file)?.list.pop().ok_or(Error::Unsupported("no build in the file"))
}

/// Read a build with the file within it, and with the debug information that was moved to another file.
fn with_linked<T>(
    file: &[u8],
    build: &Build,
    given: &Given<'_>,
    read: impl FnOnce(&Image<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (embedded, none, nothing) = (Embedded::of(file), Embedded::default(), Companions::default());
    let deadline = given.deadline;
    let mut whole = image(file, build, &embedded, &given.companions, deadline)?;
    if let Some(moved) = given.companions.linked() {
        whole = whole.linked_to(one_build(moved).and_then(|build| image(moved, &build, &none, &nothing, deadline)));
    }
    read(&Image { release: given.release, deadline, ..whole })
}

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

    fn companions(file: &[u8], build: &Build, deadline: Deadline) -> Result<Vec<Companion>, Error> {
        companions::wanted(&Headers::read(build.bytes(file)?)?, deadline)
    }

    fn records<S: RecordSink>(
        file: &[u8],
        build: &Build,
        given: &Given<'_>,
        wanted: Option<&Wanted>,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        with_linked(file, build, given, |image| records_of(image, given.name, wanted, sink))
    }

    fn survey(file: &[u8], build: &Build, given: &Given<'_>) -> Result<Option<Survey>, Error> {
        with_linked(file, build, given, survey_of)
    }

    fn unwind_tables<'d>(file: &'d [u8], build: &Build) -> Result<Option<Builder<'d>>, Error> {
        unwind::unwind_tables(file, build)
    }
}
