//! From an image to the records of a module.
//!
//! Units are read some at a time: in parallel into records, then one after the other for the numbers of their names and
//! files, then in parallel into the form of the sink. So the result depends on the file alone, and memory holds a few
//! units, not all.

use std::borrow::Cow;
use std::io::Write;

use rayon::prelude::*;
use symbols::breakpad::{Info, Module};

use crate::Error;
use crate::dwarf::{NO_FILE, Records, Unit, UnitMap, Units, unit_records};
use crate::image::Image;
use crate::limits;
use crate::numbering::Ids;
use crate::ranges;
use crate::sink::{RecordSink, TextSink};
use crate::summary::Summary;
use crate::survey::{Search, Survey};
use crate::symbols_only::{LooseLine, write_symbols};
use crate::wanted::Wanted;
use crate::writer::Writer;

/// The version of conversions. An index that another one made is not used, see also [`generator`].
pub const VERSION: u32 = 7;

/// Units that are looked at first for what all units have.
const SURVEYED: usize = 256;

/// Bytes of `.debug_info` and `.debug_line` that are read at a time.
const BATCH: u64 = 1 << 20;

/// The same where only some addresses are wanted, so that few records are kept: threads that wait for each other cost.
const BATCH_OF_SOME: u64 = 16 << 20;

/// Bytes of object files that are read at a time.
const OBJECTS: u64 = 16 << 20;

/// The value of INFO GENERATOR: a text that another version made may have less, and is made again when its file is at hand.
#[must_use]
pub fn generator() -> String {
    format!("symbolicate {} (conversion {VERSION})", env!("CARGO_PKG_VERSION"))
}

/// Write the text of an image. `name` is the debug file's.
///
/// # Errors
/// Those of the writer.
pub fn convert(image: &Image<'_>, name: &str, out: &mut impl Write) -> Result<Summary, Error> {
    let mut sink = TextSink::new(out);
    let summary = records(image, name, &mut sink)?;
    sink.finish()?;
    Ok(summary)
}

/// Give a sink the records of an image; if only some addresses are `wanted`, as [`partial`]. `name` is the debug file's.
pub(crate) fn records_of<S: RecordSink>(
    image: &Image<'_>,
    name: &str,
    wanted: Option<&Wanted>,
    out: &mut S,
) -> Result<Summary, Error> {
    match wanted {
        Some(wanted) => partial(image, name, wanted, out),
        None => records(image, name, out),
    }
}

/// Give a sink the records of an image. `name` is the debug file's.
///
/// # Errors
/// Those of the sink; the time of the image is over.
pub fn records<S: RecordSink>(image: &Image<'_>, name: &str, out: &mut S) -> Result<Summary, Error> {
    about(image, name, out)?;
    let units = Units::of(image);
    let mut conversion = Conversion::new(image, &units, None);
    conversion.read(&units.list.iter().map(|unit| Place { image, units: &units, unit }).collect::<Vec<_>>(), out)?;
    conversion.objects(&image.objects.iter().collect::<Vec<_>>(), out)?;
    conversion.rest(out)
}

/// Give a sink the records of an image that answers for some addresses need. `name` is the debug file's.
///
/// Only the units that have code there are read, so this takes a small part of the time of [`records()`]. For these
/// addresses, look-ups in an index of the records have the functions, files and lines of look-ups in the index of all. The
/// summary counts what was read.
///
/// # Errors
/// Those of the sink; the time of the image is over.
pub fn partial<S: RecordSink>(image: &Image<'_>, name: &str, wanted: &Wanted, out: &mut S) -> Result<Summary, Error> {
    about(image, name, out)?;
    if wanted.as_slice().is_empty() {
        return Ok(Summary::default());
    }
    image.deadline.check()?;
    if let Some(units) = Units::by_aranges(image, wanted)
        && let Some(summary) = of_units(image, &units, wanted, out)?
    {
        return Ok(summary);
    }
    let units = Units::listed(image);
    let conversion = Conversion::new(image, &units, Some(wanted));
    let mut search =
        UnitSearch { conversion, map: UnitMap::of(&units, image.base), is_read: vec![false; units.list.len()] };
    let with_code = search.map.at(wanted);
    search.read(with_code, out)?;
    search.conversion.objects(&objects_at(image, wanted), out)?;
    search.around_symbols(out)?;
    search.any_function(out)?;
    search.conversion.rest(out)
}

/// See [`Reader::survey`](crate::reader::Reader::survey).
///
/// # Errors
/// The time of the image is over.
pub(crate) fn survey_of(image: &Image<'_>) -> Result<Option<Survey>, Error> {
    // Each answer decompresses the sections, and looks at the object files.
    let is_compressed = image.dwarf.iter().any(|(_, section)| matches!(section, Cow::Owned(_)));
    if is_compressed || !image.objects.is_empty() || image.section(".debug_info").is_empty() {
        return Ok(None);
    }
    // Some units say what the others have, and of a large file the others are better not looked at.
    let found = Units::first(image, SURVEYED).map(|units| survey(image, &units)).transpose()?.flatten();
    match found {
        Some(Survey { inlines: true }) => Ok(found),
        _ => survey(image, &Units::listed(image)),
    }
}

fn survey<'d>(image: &'d Image<'d>, units: &Units<'d>) -> Result<Option<Survey>, Error> {
    let mut conversion = Conversion::new(image, units, None);
    let own = units.list.iter().enumerate().filter(|(_, unit)| !unit.is_partial);
    let search = Search {
        parts: own.map(|(at, unit)| ((unit.end - unit.start) as u64 + unit.line_bytes, at)).collect(),
        bytes: image.bytes(),
        may_have_lines: |at: usize| units.list.get(at).is_some_and(|unit| unit.lines.is_some()),
        may_have_inlines: |at: usize| units.list.get(at).is_some_and(|unit| units.has_calls(unit)),
    };
    search.run(|at, records| {
        let unit = units.list.get(at).map(|unit| Place { image, units, unit });
        conversion.read(&unit.into_iter().collect::<Vec<_>>(), records)
    })
}

/// Give a sink the records of some units. `None`: an address is in no function of theirs, and nothing was given.
fn of_units<'d, S: RecordSink>(
    image: &'d Image<'d>,
    units: &Units<'d>,
    wanted: &Wanted,
    out: &mut S,
) -> Result<Option<Summary>, Error> {
    let mut conversion = Conversion::new(image, units, Some(wanted));
    let places: Vec<_> = units.list.iter().map(|unit| Place { image, units, unit }).collect();
    // Their records are in memory together: those of some addresses.
    conversion.writer.summary.units += places.len() as u64;
    let read = conversion.unit_records(&places);
    image.deadline.check()?;
    let mut covered: Vec<(u64, u64)> = read.iter().flat_map(|records| records.covered.iter().copied()).collect();
    ranges::join(&mut covered);
    conversion.writer.covered = covered;
    if !conversion.without_function().is_empty() {
        return Ok(None);
    }
    conversion.writer.covered.clear();
    conversion.give(&places, read, out)?;
    ranges::join(&mut conversion.writer.covered);
    conversion.rest(out).map(Some)
}

/// The object files of an image that have code at some addresses, or the last code before one.
fn objects_at<'d>(image: &'d Image<'d>, wanted: &Wanted) -> Vec<&'d Image<'d>> {
    let mut starts: Vec<(u64, usize)> = Vec::new();
    for (index, object) in image.objects.iter().enumerate() {
        starts.extend(object.placed.iter().map(|part| (part.rva, index)));
    }
    starts.sort_unstable();
    let before = |&address: &u64| starts.get(starts.partition_point(|start| start.0 <= address).checked_sub(1)?);
    let mut found: Vec<usize> = wanted.as_slice().iter().filter_map(before).map(|start| start.1).collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().filter_map(|index| image.objects.get(index)).collect()
}

/// The records about the module.
fn about<S: RecordSink>(image: &Image<'_>, name: &str, out: &mut S) -> Result<(), Error> {
    let id = image.debug_id.map_or_else(|| "0".repeat(33), |id| id.to_string());
    let (os, arch) = (image.os.as_bytes(), image.arch.as_bytes());
    out.module(&Module { os, arch, id: id.as_bytes(), name: name.as_bytes() })?;
    if let Some(code_id) = &image.code_id {
        let value = format!("{code_id} {name}");
        out.info(&Info { key: b"CODE_ID", value: value.as_bytes() })?;
    }
    out.info(&Info { key: b"GENERATOR", value: generator().as_bytes() })?;
    if let Some(only) = only_symbols(image) {
        out.info(&Info { key: b"SYMBOLS", value: only.as_bytes() })?;
    }
    Ok(())
}

/// The value of INFO SYMBOLS, in a text whose functions are those of a symbol table and no others: they have no lines, and
/// code without a symbol has no record.
pub(crate) const SYMBOL_TABLE: &str = "table";

fn only_symbols(image: &Image<'_>) -> Option<&'static str> {
    match (image.only_exports, image.dwarf.is_empty() && image.objects.is_empty() && !image.symbols.is_empty()) {
        (true, _) => Some("exports"),
        (false, true) => Some(SYMBOL_TABLE),
        (false, false) => None,
    }
}

/// A search for the units that some addresses need.
struct UnitSearch<'c, 'd> {
    conversion: Conversion<'c, 'd>,
    map: UnitMap,
    is_read: Vec<bool>,
}

impl UnitSearch<'_, '_> {
    /// Read those of these units that were not read yet.
    fn read<S: RecordSink>(&mut self, mut which: Vec<usize>, out: &mut S) -> Result<(), Error> {
        which.retain(|&index| self.is_read.get_mut(index).is_some_and(|read| !std::mem::replace(read, true)));
        let (image, units) = (self.conversion.image, self.conversion.units);
        let list = which.iter().filter_map(|&index| Some(Place { image, units, unit: units.list.get(index)? }));
        self.conversion.read(&list.collect::<Vec<_>>(), out)
    }

    /// Read the units that decide about addresses without a function: a symbol before one names it, unless a function
    /// begins between them or has the symbol.
    fn around_symbols<S: RecordSink>(&mut self, out: &mut S) -> Result<(), Error> {
        if !self.conversion.without_function().is_empty() {
            let unplaced = std::mem::take(&mut self.map.unplaced);
            self.read(unplaced, out)?;
        }
        for address in self.conversion.without_function() {
            let image = self.conversion.image;
            let symbol = image.symbol_at(address).and_then(|at| image.symbols.get(at));
            let Some(symbol) = symbol.map(|symbol| symbol.address) else { continue };
            while !self.conversion.has_function(symbol, address)
                && let Some(unit) = self.map.last_before(symbol, address, |unit| self.is_read.get(unit) == Some(&false))
            {
                self.read(vec![unit], out)?;
            }
        }
        Ok(())
    }

    /// Read units until one shows that the image is described: symbols of others are written in another way.
    fn any_function<S: RecordSink>(&mut self, out: &mut S) -> Result<(), Error> {
        for index in 0..self.is_read.len() {
            if self.conversion.is_described() {
                break;
            }
            self.read(vec![index], out)?;
        }
        Ok(())
    }
}

/// A unit and the file that it is in: the image, or an object file.
#[derive(Clone, Copy)]
struct Place<'u, 'd> {
    image: &'d Image<'d>,
    units: &'u Units<'d>,
    unit: &'u Unit<'d>,
}

struct Conversion<'c, 'd> {
    image: &'d Image<'d>,
    units: &'c Units<'d>,
    /// The addresses that answers are wanted for; `None`: all.
    wanted: Option<&'c Wanted>,
    /// Its code is sorted and apart.
    writer: Writer<'d>,
    loose: Vec<LooseLine>,
}

impl Place<'_, '_> {
    /// Bytes of the unit's entries and of its lines.
    fn bytes(&self) -> u64 {
        (self.unit.end - self.unit.start) as u64 + self.unit.line_bytes
    }
}

impl<'c, 'd> Conversion<'c, 'd> {
    fn new(image: &'d Image<'d>, units: &'c Units<'d>, wanted: Option<&'c Wanted>) -> Self {
        let broken = image.broken + units.broken;
        let excess = image.excess + units.without_lines + units.excess;
        let mut writer = Writer::new(limits::text(image.bytes()), broken, excess);
        writer.summary.missing = image.missing + units.missing;
        Self { image, units, wanted, writer, loose: Vec::new() }
    }

    /// Read object files, some at a time.
    fn objects<S: RecordSink>(&mut self, objects: &[&'d Image<'d>], out: &mut S) -> Result<(), Error> {
        let mut rest = objects;
        while !rest.is_empty() {
            let mut size = 0;
            let count = rest.iter().take_while(|object| {
                let fits = size < OBJECTS;
                size += object.bytes();
                fits
            });
            let (these, others) = rest.split_at(count.count());
            rest = others;
            self.image.deadline.check()?;
            let units: Vec<Units<'d>> = these.par_iter().map(|object| Units::of(object)).collect();
            let mut list = Vec::new();
            for (&image, units) in these.iter().zip(&units) {
                list.extend(units.list.iter().map(|unit| Place { image, units, unit }));
                self.writer.summary.broken += image.broken + units.broken;
                self.writer.summary.excess += image.excess + units.without_lines + units.excess;
                self.writer.summary.missing += units.missing;
            }
            self.read(&list, out)?;
        }
        Ok(())
    }

    /// Read units, some at a time.
    fn read<S: RecordSink>(&mut self, units: &[Place<'_, 'd>], out: &mut S) -> Result<(), Error> {
        self.writer.summary.units += units.len() as u64;
        let most = if self.wanted.is_some() { BATCH_OF_SOME } else { BATCH };
        let mut rest = units;
        let deadline = self.image.deadline;
        deadline.check()?;
        while !rest.is_empty() && !self.writer.budget.is_used_up() {
            let mut size = 0;
            let count = rest.iter().take_while(|unit| {
                let fits = size < most;
                size += unit.bytes();
                fits
            });
            let (batch, others) = rest.split_at(count.count());
            let read = self.unit_records(batch);
            deadline.check()?;
            self.give(batch, read, out)?;
            rest = others;
        }
        self.writer.summary.excess += rest.len() as u64;
        ranges::join(&mut self.writer.covered);
        Ok(())
    }

    /// Whether the debug information has functions, or lines: those of skeletons whose units are not there, and of assemblers,
    /// are without functions.
    fn is_described(&self) -> bool {
        !self.writer.covered.is_empty()
            || !self.image.objects.is_empty()
            || self.units.list.iter().any(|unit| unit.lines.is_some())
    }

    /// The wanted addresses that no function has.
    fn without_function(&self) -> Vec<u64> {
        let wanted = self.wanted.map_or(&[][..], Wanted::as_slice);
        wanted.iter().copied().filter(|&address| !self.has_function(address, address)).collect()
    }

    /// Whether a function has one of the addresses from `first` to `last`.
    fn has_function(&self, first: u64, last: u64) -> bool {
        let next = self.writer.covered.partition_point(|part| part.1 <= first);
        self.writer.covered.get(next).is_some_and(|part| part.0 <= last)
    }

    fn unit_records(&self, batch: &[Place<'_, 'd>]) -> Vec<Records<'d>> {
        let (hashes, wanted) = (self.writer.hashes, self.wanted);
        let read = batch.par_iter().with_max_len(1);
        read.map(|at| unit_records(at.units, at.unit, at.image, wanted, &hashes)).collect()
    }

    /// Give a sink the records of some units.
    fn give<S: RecordSink>(
        &mut self,
        batch: &[Place<'_, 'd>],
        read: Vec<Records<'d>>,
        out: &mut S,
    ) -> Result<(), Error> {
        let ids = self.writer.number(&read, out)?;
        for (records, ids) in read.iter().zip(&ids) {
            self.keep_loose(records, ids);
        }
        let sizes = batch.iter().map(Place::bytes).collect();
        Ok(self.writer.write(read, ids, sizes, out)?)
    }

    fn keep_loose(&mut self, records: &Records<'_>, ids: &Ids) {
        let most = limits::loose_lines(self.image.bytes());
        for &(start, end) in &records.loose {
            let first = records.rows.partition_point(|row| row.address < start);
            let rest = records.rows.get(first..).unwrap_or_default();
            for pair in rest.windows(2).take_while(|pair| pair[0].address < end) {
                if pair[0].file != NO_FILE {
                    if self.loose.len() as u64 >= most {
                        self.writer.summary.excess += 1;
                        break;
                    }
                    let (start, end) = (pair[0].address, pair[1].address.min(end));
                    self.loose.push(LooseLine { start, end, line: pair[0].line, file: ids.file(pair[0].file) });
                }
            }
        }
    }

    /// Add the functions that only the symbol table has.
    fn rest(mut self, out: &mut impl RecordSink) -> Result<Summary, Error> {
        self.loose.sort_by_key(|line| (line.start, line.end));
        let mut limit = 0;
        self.loose.retain_mut(|line| {
            line.start = line.start.max(limit);
            limit = limit.max(line.end);
            line.start < line.end
        });
        let is_described = self.is_described();
        let (covered, budget) = (&self.writer.covered, self.writer.budget);
        let written = write_symbols(self.image, self.wanted, is_described, covered, &self.loose, budget, out)?;
        self.image.deadline.check()?;
        self.writer.summary.functions += written.functions;
        self.writer.summary.excess += written.excess;
        Ok(self.writer.summary)
    }
}
