//! From a PDB to the records of a module.
//!
//! Modules are read some at a time, as the units of DWARF are: in parallel into records, then one after the other for the
//! numbers of their names and files, then in parallel into the form of the sink.

use std::io;

use rayon::prelude::*;
use symbols::breakpad::{Func, Info, Module, Record, length};

use super::frames::frames;
use super::lines;
use super::module;
use super::program::{Container, Program};
use crate::Error;
use crate::coff::undecorated;
use crate::convert::{SYMBOL_TABLE, generator};
use crate::deadline::Deadline;
use crate::dwarf::Records;
use crate::image::Build;
use crate::limits;
use crate::present::Present;
use crate::ranges;
use crate::reader::Given;
use crate::sink::{FunctionSink as _, RecordSink};
use crate::summary::Summary;
use crate::survey::{self, Survey};
use crate::wanted::Wanted;
use crate::writer::Writer;

/// Bytes of modules that are read at a time.
const BATCH: usize = 4 << 20;
/// Bytes of a record beside its name, at most.
const RECORD: usize = 64;
/// Bytes of text to collect before a sink gets them.
const PIECE: u64 = 64 << 10;

/// Give a sink the records of a file; if only some addresses are `wanted`, those that answers for these need.
///
/// # Errors
/// Those of the sink; the time is over; parts of the file are needed that are not there.
pub(super) fn records<S: RecordSink>(
    file: &[u8],
    present: Option<&Present>,
    build: &Build,
    given: &Given<'_>,
    wanted: Option<&Wanted>,
    out: &mut S,
) -> Result<Summary, Error> {
    let container = Container::open(file, present)?;
    let buffers = container.buffers();
    let program = Program::of(&container, &buffers, wanted, given.deadline)?;
    if present.is_some() && !program.sections.have_owners() {
        return Err(Error::Unsupported("the PDB does not say which module has which code"));
    }
    let id = build.debug_id.map_or_else(|| "0".repeat(33), |id| id.to_string());
    out.module(&Module {
        os: b"windows",
        arch: build.arch.as_bytes(),
        id: id.as_bytes(),
        name: given.name.as_bytes(),
    })?;
    out.info(&Info { key: b"GENERATOR", value: generator().as_bytes() })?;
    if build.debug_info.is_none() {
        out.info(&Info { key: b"SYMBOLS", value: SYMBOL_TABLE.as_bytes() })?;
    }
    let mut conversion = Conversion {
        program: &program,
        // Without a list of contributions, any module may have the code of an address.
        wanted: wanted.filter(|_| program.sections.have_owners()),
        writer: Writer::new(limits::text(container.msf.bytes()), program.broken, program.excess),
    };
    match conversion.wanted {
        Some(wanted) => conversion.modules_of(wanted, out)?,
        None => conversion.modules((0..program.modules.len()).collect(), out)?,
    }
    if container.msf.is_waiting() {
        return Err(Error::Incomplete);
    }
    conversion.publics(build.arch == "x86", out)?;
    if wanted.is_none_or(|wanted| wanted.with_rules) {
        conversion.frames(out)?;
    }
    given.deadline.check()?;
    let mut summary = conversion.writer.summary;
    summary.broken += container.msf.broken();
    Ok(summary)
}

/// See [`Reader::survey`](crate::reader::Reader::survey).
///
/// # Errors
/// The headers are damaged; the time is over.
pub(super) fn survey(file: &[u8], deadline: Deadline) -> Result<Option<Survey>, Error> {
    let container = Container::open(file, None)?;
    if container.msf.is_compressed() {
        return Ok(None);
    }
    let buffers = container.buffers();
    // Public symbols do not matter.
    let program = Program::of(&container, &buffers, Some(&Wanted::default()), deadline)?;
    let writer = Writer::new(limits::text(container.msf.bytes()), 0, 0);
    let mut conversion = Conversion { program: &program, wanted: None, writer };
    let size = |at: usize| {
        let module = program.modules.get(at).filter(|module| module.stream.is_some())?;
        Some((module.symbols.saturating_add(module.lines) as u64, at))
    };
    let search = survey::Search {
        parts: (0..program.modules.len()).filter_map(size).collect(),
        bytes: file.len() as u64,
        may_have_lines: |at: usize| program.modules.get(at).is_some_and(|module| module.lines > 0),
        may_have_inlines: |at: usize| {
            program.modules.get(at).is_some_and(|module| lines::has_inlinees(&program.module_lines(module)))
        },
    };
    search.run(|at, records| conversion.modules(vec![at], records))
}

struct Conversion<'p, 'm> {
    program: &'p Program<'m>,
    wanted: Option<&'p Wanted>,
    /// Its code is sorted and apart.
    writer: Writer<'m>,
}

impl<'m> Conversion<'_, 'm> {
    /// Read modules, by their indices.
    fn modules(&mut self, which: Vec<usize>, out: &mut impl RecordSink) -> Result<(), Error> {
        // Modules without a stream are the linker's own, and of object files without debug information.
        let module = |at: usize| self.program.modules.get(at).filter(|module| module.stream.is_some());
        let sized = |at: usize| module(at).map(|module| (at, module.symbols.saturating_add(module.lines)));
        let all: Vec<(usize, usize)> = which.into_iter().filter_map(sized).collect();
        self.writer.summary.units += all.len() as u64;
        let mut rest = &all[..];
        self.program.deadline.check()?;
        while !rest.is_empty() && !self.writer.budget.is_used_up() {
            let mut size = 0;
            let count = rest.iter().take_while(|module| {
                let fits = size < BATCH;
                size = size.saturating_add(module.1);
                fits
            });
            let (batch, later) = rest.split_at(count.count());
            self.batch(batch, out)?;
            rest = later;
        }
        self.writer.summary.excess += rest.len() as u64;
        ranges::cut(&mut self.writer.covered);
        Ok(())
    }

    /// Read the modules that some addresses need: those that gave the code there or last before; and if these have no function
    /// after the public symbol before an address, the modules before them, whose functions may end its extent.
    fn modules_of(&mut self, wanted: &Wanted, out: &mut impl RecordSink) -> Result<(), Error> {
        let program = self.program;
        let mut is_read = vec![false; program.modules.len()];
        let mut first: Vec<usize> = wanted
            .as_slice()
            .iter()
            .filter_map(|&at| program.sections.owners_before(at).next())
            .map(|owner| owner.1)
            .collect();
        first.sort_unstable();
        first.retain(|&module| is_read.get_mut(module).is_some_and(|read| !std::mem::replace(read, true)));
        self.modules(first, out)?;
        if program.msf.is_waiting() {
            return Ok(());
        }
        for &address in wanted.as_slice() {
            let Some(public) = self.public_before(address) else { continue };
            let limit = program.publics.list.get(public).map_or(address, |public| public.address);
            for (start, module) in program.sections.owners_before(address) {
                let next = self.writer.covered.partition_point(|code| code.1 <= limit);
                if self.writer.covered.get(next).is_some_and(|code| code.0 <= address) {
                    break;
                }
                if is_read.get_mut(module).is_some_and(|read| !std::mem::replace(read, true)) {
                    self.modules(vec![module], out)?;
                }
                if start <= limit {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The index of the last public symbol at or before an address.
    fn public_before(&self, address: u64) -> Option<usize> {
        self.program.publics.list.partition_point(|public| public.address <= address).checked_sub(1)
    }

    /// The indices of the public symbols that may be needed.
    fn publics_needed(&self) -> Vec<usize> {
        let Some(wanted) = self.wanted else { return (0..self.program.publics.list.len()).collect() };
        let mut needed: Vec<usize> = wanted.as_slice().iter().filter_map(|&at| self.public_before(at)).collect();
        needed.dedup();
        needed
    }

    fn batch<S: RecordSink>(&mut self, batch: &[(usize, usize)], out: &mut S) -> Result<(), Error> {
        let hashes = self.writer.hashes;
        let (program, wanted) = (self.program, self.wanted);
        let read: Vec<Records<'m>> =
            batch.par_iter().with_max_len(1).map(|&(at, _)| module::records(program, at, wanted, &hashes)).collect();
        program.deadline.check()?;
        let ids = self.writer.number(&read, out)?;
        Ok(self.writer.write(read, ids, batch.iter().map(|&(_, size)| size as u64).collect(), out)?)
    }

    /// Add the public symbols of code that no function has. They have no size: one ends with the code of its module there, or
    /// where another symbol or a function begins. Some are left out if the time is over.
    fn publics<S: RecordSink>(&mut self, is_x86: bool, out: &mut S) -> io::Result<()> {
        let mut group = S::functions(0);
        let publics = &self.program.publics.list;
        let mut watch = self.program.deadline.watch();
        for at in self.publics_needed() {
            if watch.is_over() {
                break;
            }
            let Some(public) = publics.get(at) else { continue };
            let next = self.writer.covered.partition_point(|code| code.1 <= public.address);
            let next = self.writer.covered.get(next).map_or(u64::MAX, |code| code.0);
            if next <= public.address {
                continue;
            }
            let end = publics.get(at + 1).map_or(next, |public| next.min(public.address)).min(public.limit);
            let (name, param_size) = if is_x86 { undecorated(&public.name) } else { (&*public.name, 0) };
            if !self.writer.budget.take((name.len() + RECORD) as u64) {
                self.writer.summary.excess += 1;
                continue;
            }
            let (address, size) = (public.address, end - public.address);
            group.function(&Func { address, size, param_size, folded: public.is_folded, name });
            self.writer.summary.functions += 1;
            if group.text_bytes() > PIECE {
                out.append(std::mem::replace(&mut group, S::functions(0)))?;
            }
        }
        out.append(group)
    }

    fn frames(&mut self, out: &mut impl RecordSink) -> io::Result<()> {
        let (budget, excess) = (&mut self.writer.budget, &mut self.writer.summary.excess);
        let mut watch = self.program.deadline.watch();
        frames(self.program, |win| {
            let fits = budget.take(length(&Record::Win(*win)) as u64);
            if fits {
                out.win(win)?;
            } else {
                *excess += 1;
            }
            Ok(fits && !watch.is_over())
        })
    }
}
