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
mod sections;
mod symbols;
mod unwind;

pub use builds::{builds, is_pe};
pub use headers::{DEBUG, EXCEPTIONS, EXPORTS, Headers, Section};
pub use image::image;

use unwind_tables::Builder;

use crate::Error;
use crate::companions::Companion;
use crate::convert::{records_of, survey_of};
use crate::deadline::Deadline;
use crate::image::{Build, Builds, Image};
use crate::reader::{Given, Reader};
use crate::sink::RecordSink;
use crate::summary::Summary;
use crate::survey::Survey;
use crate::wanted::Wanted;

/// The build in a file.
fn one_build(file: &[u8]) -> Result<Build, Error> {
    builds(file)?.list.pop().ok_or(Error::Unsupported("no build in the file"))
}

/// The file that the debug information was moved to: MinGW's tools leave no id in it that the stripped image has, too.
fn linked(headers: &Headers<'_>) -> Option<Companion> {
    let has_dwarf = [b".debug_info".as_slice(), b".zdebug_info"].iter().any(|name| headers.section(name).is_some());
    if has_dwarf { None } else { Companion::linked(headers.section(b".gnu_debuglink")?.data?) }
}

/// A build with the debug information that was moved to another file.
fn with_linked<'d>(file: &'d [u8], build: &Build, given: &Given<'d>) -> Result<Image<'d>, Error> {
    let read = |file, build: &Build| image(file, build, given.deadline);
    let whole = read(file, build)?;
    let whole = match given.companions.linked() {
        Some(moved) => whole.linked_to(one_build(moved).and_then(|build| read(moved, &build))),
        None => whole,
    };
    Ok(Image { deadline: given.deadline, ..whole })
}

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

    fn companions(file: &[u8], build: &Build, _: Deadline) -> Result<Vec<Companion>, Error> {
        Ok(linked(&Headers::read(build.bytes(file)?)?).into_iter().collect())
    }

    fn records<S: RecordSink>(
        file: &[u8],
        build: &Build,
        given: &Given<'_>,
        wanted: Option<&Wanted>,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        records_of(&with_linked(file, build, given)?, given.name, wanted, sink)
    }

    fn survey(file: &[u8], build: &Build, given: &Given<'_>) -> Result<Option<Survey>, Error> {
        survey_of(&with_linked(file, build, given)?)
    }

    fn unwind_tables<'d>(file: &'d [u8], build: &Build) -> Result<Option<Builder<'d>>, Error> {
        unwind::unwind_tables(file, build)
    }
}
