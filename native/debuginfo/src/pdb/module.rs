//! A module as records: functions with the calls inlined into them, rows, names, files.

use std::borrow::Cow;

use super::inlines::{Cutter, Span};
use super::lines::Lines;
use super::names::Names;
use super::program::Program;
use super::scopes::{Call, Function, scopes};
use crate::dwarf::{self, NO_FILE, Part, Row};
use crate::image::is_blank;
use crate::limits::{self, Budget};
use crate::numbering::{ByNumber, Hashes, Text};
use crate::wanted::Wanted;

/// Records of the module with this number, some of them if the time is over; if only some addresses are `wanted`, those of
/// functions that these need.
pub(super) fn records<'m>(
    program: &Program<'m>,
    number: usize,
    wanted: Option<&Wanted>,
    hashes: &Hashes,
) -> dwarf::Records<'m> {
    let Some(module) = program.modules.get(number).filter(|module| module.stream.is_some()) else {
        return dwarf::Records::default();
    };
    let number = u16::try_from(number).unwrap_or(u16::MAX);
    let some = wanted.filter(|_| program.msf.is_in_part());
    let bytes = match some.and_then(|wanted| program.module_functions(number, wanted)) {
        // Others would ask for the module as a whole.
        None if program.msf.is_waiting() => None,
        None => program.module_bytes(module),
        bytes => bytes,
    };
    let Some(bytes) = bytes else { return dwarf::Records { faults: 1, ..dwarf::Records::default() } };
    let read = Read { program, number, wanted, lines: &bytes.lines, hashes };
    match &bytes.symbols {
        Cow::Borrowed(symbols) => read.records(symbols, |name| name),
        // The stream was put together from its pages, and does not outlive this.
        Cow::Owned(symbols) => read.records(symbols, |name| Cow::Owned(name.into_owned())),
    }
}

/// What is needed to read a module.
struct Read<'r, 'm> {
    program: &'r Program<'m>,
    number: u16,
    wanted: Option<&'r Wanted>,
    /// Bytes after the symbols.
    lines: &'r [u8],
    hashes: &'r Hashes,
}

impl<'m> Read<'_, 'm> {
    fn records<'b>(&self, symbols: &'b [u8], keep: impl Fn(Cow<'b, [u8]>) -> Cow<'m, [u8]>) -> dwarf::Records<'m> {
        let size = (symbols.len() + self.lines.len()) as u64;
        let sections = &self.program.sections;
        let mut scopes = scopes(symbols, self.number, sections, self.wanted, self.program.deadline);
        if let Some(wanted) = self.wanted {
            scopes.keep(wanted);
        }
        let lines = Lines::of(self.lines, self.number, sections, self.wanted, &scopes.calls);
        let mut build = Build {
            program: self.program,
            names: Names::new(self.program, self.lines),
            lines: &lines,
            wanted: self.wanted,
            origins: ByNumber::default(),
            cutter: Cutter::default(),
            made: Budget::new(limits::unit_text(size)),
            steps: Budget::new(limits::unit_text(size)),
            records: dwarf::Records {
                faults: u64::from(scopes.is_damaged) + u64::from(lines.is_damaged),
                excess: scopes.excess,
                ..dwarf::Records::default()
            },
            hashes: self.hashes,
        };
        let mut watch = self.program.deadline.watch();
        for function in scopes.functions.iter().take_while(|_| !watch.is_over()) {
            let calls = scopes.calls.get(function.calls.clone()).unwrap_or_default();
            let name = keep(build.name(function));
            build.function(function, calls, name);
        }
        let mut records = build.records;
        records.covered = records.parts.iter().map(|part| (part.start, part.end)).collect();
        records.files = self.files(&lines, &mut records.excess);
        records
    }

    fn files(&self, lines: &Lines, excess: &mut u64) -> Vec<(u32, Text<'m>)> {
        let mut budget = Budget::new(limits::unit_paths(self.lines.len() as u64));
        let mut files = Vec::new();
        for (index, offset) in (0..).zip(lines.paths()) {
            // Searches for the ends of paths cost as much as the paths.
            if budget.is_used_up() {
                *excess += 1;
                continue;
            }
            let Some(path) = self.program.strings.at(offset).filter(|path| !is_blank(path)) else { continue };
            if !budget.take(path.len() as u64) {
                *excess += 1;
                continue;
            }
            files.push((index, Text::of(path, self.hashes)));
        }
        files
    }
}

struct Build<'r, 'm> {
    program: &'r Program<'m>,
    names: Names<'r, 'm>,
    lines: &'r Lines,
    wanted: Option<&'r Wanted>,
    /// Indices of names of inlined functions by their ids; `usize::MAX`: no name.
    origins: ByNumber<u32, usize>,
    cutter: Cutter,
    /// Bytes of names with their parameters.
    made: Budget,
    /// Steps of cutting code.
    steps: Budget,
    records: dwarf::Records<'m>,
    hashes: &'r Hashes,
}

impl<'m> Build<'_, 'm> {
    fn function(&mut self, function: &Function<'_>, calls: &[Call<'_>], name: Cow<'m, [u8]>) {
        let first = self.records.calls.len();
        let wanted = self.wanted.map(|wanted| wanted.within(function.start, function.end));
        if !self.cutter.cut(function, calls, self.lines, wanted, &mut self.steps) {
            self.records.excess += 1;
        }
        let is_named = wanted.is_none_or(|wanted| !wanted.is_empty());
        self.calls(calls);
        self.rows(function);
        let name_index = self.records.names.len();
        self.records.names.push(name);
        self.records.parts.push(Part {
            start: function.start,
            end: function.end,
            name: name_index,
            calls: first..self.records.calls.len(),
            // Of a function that no answer names, nobody asks.
            param_size: if is_named { self.program.param_size(function.start) } else { 0 },
            is_folded: function.is_folded || is_named && self.program.is_folded(function.start),
        });
    }

    /// Append the rows of a function. Functions come by address; where two overlap, the first has the rows.
    fn rows(&mut self, function: &Function<'_>) {
        let rows = &mut self.records.rows;
        let from = rows.last().map_or(0, |row| row.address).max(function.start);
        let end = function.end;
        if from >= end {
            return;
        }
        // The end of the function before gives way to a beginning at the same address.
        if rows.last().is_some_and(|row| row.address == from) {
            rows.pop();
        }
        for (at, row) in self.cutter.rows.iter().enumerate() {
            let next = self.cutter.rows.get(at + 1).map_or(end, |next| next.address.min(end));
            if next > from {
                rows.push(Row { address: row.address.max(from), ..*row });
            }
        }
        rows.push(Row { address: end, file: NO_FILE, line: 0 });
    }

    fn name<'b>(&mut self, function: &Function<'b>) -> Cow<'b, [u8]> {
        let cut = function.name.get(..limits::NAME).unwrap_or(function.name);
        if self.made.is_used_up() {
            self.records.excess += 1;
            return Cow::Borrowed(cut);
        }
        let name = self.names.function(cut, function.signature, function.is_id);
        let _ = self.made.take(name.len() as u64);
        name
    }

    /// The index of the name of an inlined function.
    fn origin(&mut self, id: u32) -> Option<usize> {
        if let Some(&known) = self.origins.get(&id) {
            return Some(known).filter(|&known| known != usize::MAX);
        }
        if self.made.is_used_up() {
            self.records.excess += 1;
            return None;
        }
        let text = |name| Text::of(Cow::Owned(name), self.hashes);
        let index = self.names.shared(id, |name| !is_blank(name), text).map(|name| {
            let _ = self.made.take(name.bytes().len() as u64);
            self.records.origins.push(name);
            self.records.origins.len() - 1
        });
        self.origins.insert(id, index.unwrap_or(usize::MAX));
        index
    }

    fn calls(&mut self, calls: &[Call<'_>]) {
        let spans = std::mem::take(&mut self.cutter.spans);
        for group in spans.chunk_by(Span::is_same_call) {
            let Some(first) = group.first() else { continue };
            let Some(call) = calls.get(first.call) else { continue };
            let origin = self.origin(call.site.inlinee);
            let from = self.records.ranges.len();
            self.records.ranges.extend(group.iter().map(|span| (span.start, span.end)));
            let ranges = from..self.records.ranges.len();
            self.records.calls.push(dwarf::Call {
                depth: call.depth,
                line: first.line,
                file: first.file,
                origin,
                ranges,
            });
        }
        self.cutter.spans = spans;
    }
}
