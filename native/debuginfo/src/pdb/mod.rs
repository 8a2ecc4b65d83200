//! Program databases (PDB) of Microsoft's and LLVM's linkers.
//!
//! [`msf`] has the streams of the file, [`info`] its id, [`dbi`] the list of modules. A module's symbols give functions and
//! the calls inlined into them ([`scopes`]), its line records rows and files ([`lines`]); [`annotations`] say which code an
//! inlined call has, [`inlines`] puts both together, and [`module`] makes records of it, with names from [`names`] and
//! [`type_names`]. Modules do not depend on each other, so they are read in parallel, each when it is needed.

mod address_map;
mod annotations;
mod convert;
mod dbi;
mod exports;
mod frame_streams;
mod frames;
mod info;
mod inlines;
mod lines;
mod module;
mod msf;
mod names;
mod program;
mod public;
mod publics;
mod records;
mod scopes;
mod search;
mod sections;
mod shared_names;
mod texts;
mod type_names;
mod types;

use std::ops::Range;

use crate::Error;
use crate::coff::arch;
use crate::image::{Build, Builds, Kind};
use crate::present::Present;
use crate::reader::{Given, HEAD, Reader};
use crate::sink::RecordSink;
use crate::summary::Summary;
use crate::survey::Survey;
use crate::wanted::Wanted;
use symbols::index::IndexBuilder;

/// First bytes of files that are of another form.
const OLD: &[u8] = b"Microsoft C/C++ program database 2.00";
const PORTABLE: &[u8] = b"BSJB";

/// The reader of PDB files.
#[derive(Debug)]
pub enum Pdb {}

impl Reader for Pdb {
    const NAME: &str = "PDB";

    fn recognise(head: &[u8]) -> bool {
        msf::MAGICS.iter().chain(&[OLD, PORTABLE]).any(|magic| head.starts_with(magic.get(..HEAD).unwrap_or(magic)))
    }

    fn builds(file: &[u8]) -> Result<Builds, Error> {
        Ok(Builds { list: vec![build(file, None)?], refused: 0 })
    }

    fn records<S: RecordSink>(
        file: &[u8],
        build: &Build,
        given: &Given<'_>,
        wanted: Option<&Wanted>,
        sink: &mut S,
    ) -> Result<Summary, Error> {
        convert::records(build.bytes(file)?, None, build, given, wanted, sink)
    }

    fn survey(file: &[u8], build: &Build, given: &Given<'_>) -> Result<Option<Survey>, Error> {
        convert::survey(build.bytes(file)?, given.deadline)
    }
}

/// The build in a file. `present` says which parts of it are there; `None`: all.
fn build(file: &[u8], present: Option<&Present>) -> Result<Build, Error> {
    if !present.is_none_or(|present| present.has(0..HEAD as u64)) {
        return Err(Error::Incomplete);
    }
    for (magic, what) in
        [(OLD, "PDB 2.00 (Visual C++ 6 and older) is not read"), (PORTABLE, "portable PDBs (.NET) are not read")]
    {
        if file.starts_with(magic) {
            return Err(Error::Unsupported(what));
        }
    }
    if !msf::MAGICS.iter().any(|magic| file.starts_with(magic)) {
        return Err(Error::Unsupported("not a PDB"));
    }
    let container = program::Container::open(file, present)?;
    let Some(dbi) = container.dbi else {
        return Err(Error::Unsupported("the PDB has no modules: it is of a compiler, not of a linker"));
    };
    let modules = dbi.module_bytes(&container.msf);
    // A stripped file may keep the symbols of some modules, but no lines.
    let has_lines = dbi::modules(&modules).0.iter().any(|module| module.stream.is_some() && module.lines > 0);
    let build = Build {
        offset: 0,
        size: file.len() as u64,
        arch: arch(dbi.machine),
        kind: Kind::Debug,
        kind_name: "PDB",
        base: 0,
        debug_id: container.info.debug_id(dbi.age),
        code_id: None,
        debug_info: has_lines.then_some("CodeView"),
        has_symbols: dbi.symbols.and_then(|stream| container.msf.stream(stream)).is_some_and(|stream| stream.len() > 0),
        is_compressed: container.msf.is_compressed(),
        unwind: Vec::new(),
    };
    match container.msf.is_waiting() {
        true => Err(Error::Incomplete),
        false => Ok(build),
    }
}

/// What a part of a file gives.
#[derive(Debug)]
pub enum Part<T> {
    /// These bytes of the file are needed first, in the order of the file.
    Needs(Vec<Range<u64>>),
    /// The result.
    Is(T),
}

/// Bytes that are rather fetched than left out between two ranges: a request costs more.
const GAP: u64 = 16 << 10;

impl Pdb {
    /// The build in a file of which only some parts are there.
    ///
    /// # Errors
    /// The parts that are there are damaged, or of a kind that is not read.
    pub fn build_in_part(file: &[u8], present: &Present) -> Result<Part<Build>, Error> {
        in_part(present, || build(file, Some(present)))
    }

    /// The records that answers for some addresses need, from a file of which only some parts are there. The answers are those
    /// of [`partial`](crate::formats::Format::partial) with the whole file.
    ///
    /// # Errors
    /// The parts that are there are damaged, or of a kind that is not read; the time is over.
    pub fn records_in_part(
        file: &[u8],
        present: &Present,
        build: &Build,
        given: &Given<'_>,
        wanted: &Wanted,
    ) -> Result<Part<(IndexBuilder, Summary)>, Error> {
        in_part(present, || {
            let mut builder = IndexBuilder::default();
            let summary = convert::records(file, Some(present), build, given, Some(wanted), &mut builder)?;
            Ok((builder, summary))
        })
    }
}

/// The result of a run; or what it lacked, whatever the result was, if that was not there.
fn in_part<T>(present: &Present, run: impl FnOnce() -> Result<T, Error>) -> Result<Part<T>, Error> {
    // What an earlier run noted may be there by now.
    drop(present.take_needed(0));
    let result = run();
    match present.is_waiting() {
        true => Ok(Part::Needs(present.take_needed(GAP))),
        false => result.map(Part::Is),
    }
}
