//! The trait that every format implements.

use crate::Error;
use crate::companions::{Companion, Companions};
use crate::deadline::Deadline;
use crate::image::{Build, Builds};
use crate::release::Release;
use crate::sink::RecordSink;
use crate::summary::Summary;
use crate::survey::Survey;
use crate::wanted::Wanted;
use unwind_tables::Builder;

/// Bytes of a file's head that a format is recognised by, at most.
pub const HEAD: usize = 32;

/// What a reader gets beside the file.
#[derive(Clone, Debug, Default)]
pub struct Given<'g> {
    /// The debug file's name.
    pub name: &'g str,
    /// The other files that were found, of those that [`Reader::companions`] lists.
    pub companions: Companions<'g>,
    /// Lets parts of the file leave memory that were looked at.
    pub release: Release<'g>,
    /// Until when the build may be read.
    pub deadline: Deadline,
}

impl<'g> From<&'g str> for Given<'g> {
    fn from(name: &'g str) -> Self {
        Self { name, ..Self::default() }
    }
}

/// Reads files of a format.
pub trait Reader {
    /// The name of the format.
    const NAME: &str;

    /// Whether a file may be of this format, by its first bytes: [`HEAD`], or all that it has.
    fn recognise(head: &[u8]) -> bool;

    /// The builds in a file, from its headers alone.
    ///
    /// # Errors
    /// Its headers are damaged, or of a kind that is not read.
    fn builds(file: &[u8]) -> Result<Builds, Error>;

    /// The other files that have a part of the build's debug information.
    ///
    /// # Errors
    /// Its headers are damaged; the time is over.
    fn companions(_file: &[u8], _build: &Build, _deadline: Deadline) -> Result<Vec<Companion>, Error> {
        Ok(Vec::new())
    }

    /// Give a sink the records of a build; if only some addresses are `wanted`, those that answers for these need, or more. For
    /// these addresses, look-ups have the same functions, files and lines either way.
    ///
    /// # Errors
    /// Its headers are damaged; those of the sink; the time is over.
    fn records<S: RecordSink>(
        file: &[u8],
        build: &Build,
        given: &Given<'_>,
        wanted: Option<&Wanted>,
        sink: &mut S,
    ) -> Result<Summary, Error>;

    /// What all records of a build have, from few of them. `None`: it would cost too much to say, as where sections are
    /// compressed, or there are no lines.
    ///
    /// # Errors
    /// Its headers are damaged.
    fn survey(file: &[u8], build: &Build, given: &Given<'_>) -> Result<Option<Survey>, Error>;

    /// The unwind tables of a build; `None` if it has none.
    ///
    /// # Errors
    /// Its headers are damaged.
    fn unwind_tables<'d>(_file: &'d [u8], _build: &Build) -> Result<Option<Builder<'d>>, Error> {
        Ok(None)
    }
}
