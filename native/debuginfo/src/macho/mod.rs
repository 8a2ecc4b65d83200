//! Mach-O: programs, libraries and the files in dSYM bundles, thin and fat.

mod archive;
mod builds;
mod debug_map;
mod ids;
mod image;
mod objects;
mod sections;
mod symbol_table;
mod unwind;

pub use builds::{builds, is_macho};
use image::companions;
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

/// A build as it is given.
fn image_of<'d>(file: &'d [u8], build: &Build, given: &Given<'d>) -> Result<Image<'d>, Error> {
    let mut image = image(file, build, &given.companions)?;
    (image.release, image.deadline) = (given.release, given.deadline);
    image.objects.iter_mut().for_each(|object| object.deadline = given.deadline);
    Ok(image)
}

/// The reader of Mach-O files.
#[derive(Debug)]
pub enum MachO {}

impl Reader for MachO {
    const NAME: &str = "Mach-O";

    fn recognise(head: &[u8]) -> bool {
        is_macho(head)
    }

    fn builds(file: &[u8]) -> Result<Builds, Error> {
        builds(file)
    }

    fn companions(file: &[u8], build: &Build, _: Deadline) -> Result<Vec<Companion>, Error> {
        companions(file, build)
    }

    fn records<S: RecordSink>(
        file: &[u8],
        build: &Build,
        given: &Given<'_>,
        wanted: Option<&Wanted>,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        records_of(&image_of(file, build, given)?, given.name, wanted, sink)
    }

    fn survey(file: &[u8], build: &Build, given: &Given<'_>) -> Result<Option<Survey>, Error> {
        survey_of(&image_of(file, build, given)?)
    }

    fn unwind_tables<'d>(file: &'d [u8], build: &Build) -> Result<Option<Builder<'d>>, Error> {
        unwind::unwind_tables(file, build)
    }
}
