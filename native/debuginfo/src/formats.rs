//! The table of debug file formats. No other code outside a format's folder names a format.
//!
//! To add one, write its [`Reader`] in a folder of its own and give it a row in [`FORMATS`].

use std::fmt;
use std::io::Write;

use symbols::breakpad::write;
use symbols::index::{IndexBuilder, Stamp};
use unwind_tables::Builder;

use crate::Error;
use crate::companions::Companion;
use crate::deadline::Deadline;
use crate::elf::Elf;
use crate::image::{Build, Builds};
use crate::limits;
use crate::macho::MachO;
use crate::pdb::Pdb;
use crate::pe::Pe;
pub use crate::reader::Given;
use crate::reader::{HEAD, Reader};
use crate::sink::TextSink;
use crate::summary::Summary;
use crate::survey::Survey;
use crate::wanted::Wanted;

/// Every supported format. The first that recognises a file reads it.
pub static FORMATS: [Format; 4] = [Format::of::<MachO>(), Format::of::<Elf>(), Format::of::<Pdb>(), Format::of::<Pe>()];

type ToCompanions = fn(&[u8], &Build, Deadline) -> Result<Vec<Companion>, Error>;
type ToText = fn(&[u8], &Build, &Given<'_>, &mut dyn Write) -> Result<Summary, Error>;
type ToUnwindTables = for<'d> fn(&'d [u8], &Build) -> Result<Option<Builder<'d>>, Error>;
type ToSurvey = fn(&[u8], &Build, &Given<'_>) -> Result<Option<Survey>, Error>;
type ToIndex = fn(&[u8], &Build, &Given<'_>, Option<&Wanted>) -> Result<(IndexBuilder, Summary), Error>;

/// A row of the table.
#[derive(Clone, Copy)]
pub struct Format {
    /// Its name.
    pub name: &'static str,
    recognise: fn(&[u8]) -> bool,
    builds: fn(&[u8]) -> Result<Builds, Error>,
    companions: ToCompanions,
    text: ToText,
    index: ToIndex,
    survey: ToSurvey,
    unwind_tables: ToUnwindTables,
}

impl Format {
    /// The row of a reader.
    const fn of<R: Reader>() -> Self {
        Self {
            name: R::NAME,
            recognise: R::recognise,
            builds: R::builds,
            companions: R::companions,
            text: text::<R>,
            index: index::<R>,
            survey: R::survey,
            unwind_tables: R::unwind_tables,
        }
    }

    /// The builds in a file of this format.
    ///
    /// # Errors
    /// Its headers are damaged, or of a kind that is not read.
    pub fn builds(&self, file: &[u8]) -> Result<Builds, Error> {
        (self.builds)(file)
    }

    /// The other files that have a part of a build's debug information.
    ///
    /// # Errors
    /// The headers are damaged; the time is over.
    pub fn companions(&self, file: &[u8], build: &Build, deadline: Deadline) -> Result<Vec<Companion>, Error> {
        (self.companions)(file, build, deadline)
    }

    /// Write the Breakpad text of a build. `given` may be the debug file's name alone.
    ///
    /// # Errors
    /// The headers are damaged; those of the writer.
    pub fn text<'g>(
        &self,
        file: &[u8],
        build: &Build,
        given: impl Into<Given<'g>>,
        out: &mut dyn Write,
    ) -> Result<Summary, Error> {
        (self.text)(file, build, &given.into(), out)
    }

    /// The records of a build, for an index. `given` may be the debug file's name alone.
    ///
    /// # Errors
    /// The headers are damaged.
    pub fn index<'g>(
        &self,
        file: &[u8],
        build: &Build,
        given: impl Into<Given<'g>>,
    ) -> Result<(IndexBuilder, Summary), Error> {
        (self.index)(file, build, &given.into(), None)
    }

    /// The records of a build that answers for some addresses need, for an index in memory. For these addresses it answers
    /// as the index of all records does, and it is made in a small part of the time.
    ///
    /// # Errors
    /// The headers are damaged.
    pub fn partial<'g>(
        &self,
        file: &[u8],
        build: &Build,
        given: impl Into<Given<'g>>,
        wanted: &Wanted,
    ) -> Result<(IndexBuilder, Summary), Error> {
        (self.index)(file, build, &given.into(), Some(wanted))
    }

    /// What all records of a build have, from few of them. `None`: it would cost too much to say, as where sections are
    /// compressed, or there are no lines; then the index of all records is the better choice from the start.
    ///
    /// # Errors
    /// The headers are damaged.
    pub fn survey<'g>(&self, file: &[u8], build: &Build, given: impl Into<Given<'g>>) -> Result<Option<Survey>, Error> {
        (self.survey)(file, build, &given.into())
    }

    /// The unwind tables of a build; `None` if it has none.
    ///
    /// # Errors
    /// The headers are damaged.
    pub fn unwind_tables<'d>(&self, file: &'d [u8], build: &Build) -> Result<Option<Builder<'d>>, Error> {
        (self.unwind_tables)(file, build)
    }
}

fn text<R: Reader>(file: &[u8], build: &Build, given: &Given<'_>, out: &mut dyn Write) -> Result<Summary, Error> {
    let mut sink = TextSink::new(out);
    let summary = R::records(file, build, given, None, &mut sink)?;
    let out = sink.finish()?;
    // Only texts have unwind rules as records. For walks the tables themselves are kept, which say more.
    if let Some(builder) = R::unwind_tables(file, build)? {
        unwind_rules(&builder, build, out)?;
    }
    Ok(summary)
}

/// Write the unwind rules of a build as `STACK CFI` records.
fn unwind_rules(builder: &Builder<'_>, build: &Build, out: &mut dyn Write) -> Result<(), Error> {
    let Ok(tables) = builder.open(Stamp { size: build.size, modified: 0 }) else { return Ok(()) };
    let mut line = Vec::new();
    unwind_tables::cfi::records(&tables, limits::text(build.size), &mut |record| {
        line.clear();
        write(record, &mut line);
        out.write_all(&line)
    })?;
    Ok(())
}

fn index<R: Reader>(
    file: &[u8],
    build: &Build,
    given: &Given<'_>,
    wanted: Option<&Wanted>,
) -> Result<(IndexBuilder, Summary), Error> {
    let mut builder = IndexBuilder::default();
    let summary = R::records(file, build, given, wanted, &mut builder)?;
    Ok((builder, summary))
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Format").field(&self.name).finish()
    }
}

/// The format of a file, by its first bytes; `None` if the format is not supported.
#[must_use]
pub fn recognise(head: &[u8]) -> Option<&'static Format> {
    let head = head.get(..HEAD).unwrap_or(head);
    FORMATS.iter().find(|format| (format.recognise)(head))
}
