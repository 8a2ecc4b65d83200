//! The trait that every format implements.

use crate::Error;
use crate::companions::{Companion, Companions};
use crate::convert::Summary;
use crate::image::{Build, Builds};
use crate::sink::RecordSink;
use crate::wanted::Wanted;
use unwind_tables::Builder;

/// Bytes of a file's head that a format is recognised by, at most.
pub const HEAD: usize = 32;

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
    /// Its headers are damaged.
    fn companions(_file: &[u8], _build: &Build) -> Result<Vec<Companion>, Error> {
        Ok(Vec::new())
    }

    /// [`Self::records`] with other files that were found.
    ///
    /// # Errors
    /// Those of [`Self::records`].
    fn records_with<S: RecordSink>(
        file: &[u8],
        build: &Build,
        _companions: &Companions<'_>,
        name: &str,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        Self::records(file, build, name, sink)
    }

    /// [`Self::partial`] with other files that were found.
    ///
    /// # Errors
    /// Those of [`Self::records`].
    fn partial_with<S: RecordSink>(
        file: &[u8],
        build: &Build,
        _companions: &Companions<'_>,
        name: &str,
        wanted: &Wanted,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        Self::partial(file, build, name, wanted, sink)
    }

    /// Give a sink the records of a build. `name` is the debug file's.
    ///
    /// # Errors
    /// Its headers are damaged; those of the sink.
    fn records<S: RecordSink>(file: &[u8], build: &Build, name: &str, sink: &mut S) -> Result<Summary, Error>;

    /// Give a sink the records that answers for some addresses of a build need: those of [`Self::records`], or fewer. For
    /// these addresses, look-ups have the same functions, files and lines either way.
    ///
    /// # Errors
    /// Those of [`Self::records`].
    fn partial<S: RecordSink>(
        file: &[u8],
        build: &Build,
        name: &str,
        _wanted: &Wanted,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        Self::records(file, build, name, sink)
    }

    /// The unwind tables of a build; `None` if it has none.
    ///
    /// # Errors
    /// Its headers are damaged.
    fn unwind_tables<'d>(_file: &'d [u8], _build: &Build) -> Result<Option<Builder<'d>>, Error> {
        Ok(None)
    }
}
