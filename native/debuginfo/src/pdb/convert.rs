//! From a PDB to the records of a module.
//!
//! Modules are read some at a time, as the units of DWARF are: in parallel into records, then one after the other for the
//! numbers of their names and files, then in parallel into the form of the sink.

use std::hash::{BuildHasherDefault, DefaultHasher};
use std::io;

use rayon::prelude::*;
use symbols::breakpad::{File, Func, Info, InlineOrigin, Module, Public, Record, length};

use super::frames::frames;
use super::module;
use super::program::{Container, Program};
use crate::Error;
use crate::coff::undecorated;
use crate::convert::{GENERATOR, Summary};
use crate::dwarf::Records;
use crate::image::Build;
use crate::limits::{self, Budget};
use crate::numbering::{Ids, Interner, give_functions};
use crate::sink::{FunctionSink as _, RecordSink};

/// Bytes of modules that are read at a time.
const BATCH: usize = 4 << 20;
/// Bytes of a record beside its name, at most.
const RECORD: usize = 64;
/// Bytes of text to collect before a sink gets them.
const PIECE: u64 = 64 << 10;

/// Give a sink the records of a file. `name` is the debug file's.
pub(super) fn records<S: RecordSink>(file: &[u8], build: &Build, name: &str, out: &mut S) -> Result<Summary, Error> {
    let container = Container::open(file)?;
    let buffers = container.buffers();
    let program = Program::of(&container, &buffers)?;
    let id = build.debug_id.map_or_else(|| "0".repeat(33), |id| id.to_string());
    out.module(&Module { os: b"windows", arch: build.arch.as_bytes(), id: id.as_bytes(), name: name.as_bytes() })?;
    out.info(&Info { key: b"GENERATOR", value: GENERATOR.as_bytes() })?;
    let mut conversion = Conversion {
        program: &program,
        budget: Budget::new(limits::text(file.len() as u64)),
        files: Interner::default(),
        origins: Interner::default(),
        covered: Vec::new(),
        summary: Summary { broken: program.broken, excess: program.excess, ..Summary::default() },
    };
    conversion.modules(out)?;
    conversion.publics(build.arch == "x86", out)?;
    conversion.frames(out)?;
    Ok(conversion.summary)
}

struct Conversion<'p, 'm> {
    program: &'p Program<'m>,
    budget: Budget,
    files: Interner<'m>,
    origins: Interner<'m>,
    /// Where functions begin and end.
    covered: Vec<(u64, u64)>,
    summary: Summary,
}

impl<'m> Conversion<'_, 'm> {
    fn modules(&mut self, out: &mut impl RecordSink) -> Result<(), Error> {
        // Modules without a stream are the linker's own, and of object files without debug information.
        let modules = self.program.modules.iter().enumerate().filter(|(_, module)| module.stream.is_some());
        let all: Vec<(usize, usize)> = modules.map(|(at, module)| (at, module.symbols + module.lines)).collect();
        self.summary.units = all.len() as u64;
        let mut rest = &all[..];
        while !rest.is_empty() && !self.budget.is_used_up() {
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
        self.summary.excess += rest.len() as u64;
        Ok(())
    }

    fn batch<S: RecordSink>(&mut self, batch: &[(usize, usize)], out: &mut S) -> Result<(), Error> {
        // A fixed hash: the output does not depend on it.
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let program = self.program;
        let read: Vec<Records<'m>> =
            batch.par_iter().with_max_len(1).map(|&(at, _)| module::records(program, at, &hasher)).collect();
        let ids: Vec<Ids> = read.iter().map(|records| self.number(records, out)).collect::<io::Result<_>>()?;
        let left = self.budget;
        let groups: Vec<_> = read
            .into_par_iter()
            .zip(ids)
            .zip(batch)
            .with_max_len(1)
            .map(|((records, ids), &(_, size))| {
                let mut functions = S::functions(0);
                let budget = left.at_most(limits::unit_text(size as u64));
                let written = give_functions(&records, &ids, &mut functions, budget);
                let covered: Vec<(u64, u64)> = records.parts.iter().map(|part| (part.start, part.end)).collect();
                (functions, written, covered, records.faults, records.excess)
            })
            .collect();
        for (functions, written, covered, faults, excess) in groups {
            if self.budget.take(functions.text_bytes()) {
                out.append(functions)?;
                self.summary.functions += written.functions;
            } else {
                self.summary.excess += written.functions;
            }
            self.covered.extend(covered);
            self.summary.broken += faults;
            self.summary.excess += written.excess + excess;
        }
        Ok(())
    }

    /// Numbers for the names and files of a module; records of new ones.
    fn number(&mut self, records: &Records<'m>, out: &mut impl RecordSink) -> io::Result<Ids> {
        let mut ids = Ids::default();
        for (file, path) in &records.files {
            let Some((id, is_new)) = self.files.number(path, &mut self.budget) else {
                self.summary.excess += 1;
                continue;
            };
            if is_new {
                out.file(&File { id, name: path.bytes() })?;
            }
            ids.files.push((*file, id));
        }
        for name in &records.origins {
            let numbered = self.origins.number(name, &mut self.budget);
            self.summary.excess += u64::from(numbered.is_none());
            if let Some((id, true)) = numbered {
                out.origin(&InlineOrigin { id, name: name.bytes() })?;
            }
            ids.origins.push(numbered.map(|(id, _)| id));
        }
        Ok(ids)
    }

    /// Add the public symbols of code that no function has.
    fn publics<S: RecordSink>(&mut self, is_x86: bool, out: &mut S) -> io::Result<()> {
        self.covered.sort_unstable();
        let mut limit = 0;
        self.covered.retain_mut(|(start, end)| {
            *start = limit.max(*start);
            limit = limit.max(*end);
            start < end
        });
        let mut group = S::functions(0);
        let publics = &self.program.publics;
        for (at, public) in publics.iter().enumerate() {
            let next = self.covered.partition_point(|code| code.1 <= public.address);
            let next = self.covered.get(next).map_or(u64::MAX, |code| code.0);
            if next <= public.address {
                continue;
            }
            let next = publics.get(at + 1).map_or(next, |public| next.min(public.address));
            let (name, param_size) = if is_x86 { undecorated(public.name) } else { (public.name, 0) };
            let (address, folded) = (public.address, public.is_folded);
            if !self.budget.take((name.len() + RECORD) as u64) {
                self.summary.excess += 1;
                continue;
            }
            if next < public.limit {
                group.public(&Public { address, param_size, folded, name });
                self.summary.publics += 1;
            } else {
                // Readers let a public symbol reach to the next one, however far that is.
                group.function(&Func { address, size: public.limit - address, param_size, folded, name });
                self.summary.functions += 1;
            }
            if group.text_bytes() > PIECE {
                out.append(std::mem::replace(&mut group, S::functions(0)))?;
            }
        }
        out.append(group)
    }

    fn frames(&mut self, out: &mut impl RecordSink) -> io::Result<()> {
        let (budget, excess) = (&mut self.budget, &mut self.summary.excess);
        frames(self.program, |win| {
            let fits = budget.take(length(&Record::Win(*win)) as u64);
            if fits {
                out.win(win)?;
            } else {
                *excess += 1;
            }
            Ok(fits)
        })
    }
}
