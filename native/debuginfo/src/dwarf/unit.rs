//! One unit as records: functions in parts of contiguous code, with the calls inlined into each.

use std::ops::Range;

use super::files::{Paths, path};
use super::made::Made;
use super::name::{Name, is_readable, name_at};
use super::rows::{NO_FILE, Row, rows};
use super::units::{Unit, Units};
use super::walk::{Found, Function, walk};
use crate::image::{Image, is_blank};
use crate::limits::{self, Budget};
use crate::numbering::{ByNumber, Hashes, Text};
use crate::ranges;
use crate::wanted::Wanted;

/// Contiguous code of a function: one FUNC record.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Index into the names.
    pub(crate) name: usize,
    pub(crate) calls: Range<usize>,
    /// Bytes of parameters on the stack, as far as the file says.
    pub(crate) param_size: u32,
    /// The linker gave other functions its address.
    pub(crate) is_folded: bool,
}

/// A call inlined into a part: one INLINE record.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) depth: u32,
    pub(crate) line: u32,
    /// Number of the file in the line program, as in [`Row::file`].
    pub(crate) file: u32,
    /// Index into the origins.
    pub(crate) origin: Option<usize>,
    pub(crate) ranges: Range<usize>,
}

/// The records of a unit.
#[derive(Debug, Default)]
pub(crate) struct Records<'d> {
    pub(crate) parts: Vec<Part>,
    pub(crate) calls: Vec<Call>,
    /// Code of calls: (first address, address after the last).
    pub(crate) ranges: Vec<(u64, u64)>,
    pub(crate) rows: Vec<Row>,
    pub(crate) names: Vec<Name<'d>>,
    /// Names of inlined functions.
    pub(crate) origins: Vec<Text<'d>>,
    /// Paths by the numbers that rows and calls use, in their order; each once.
    pub(crate) files: Vec<(u32, Text<'d>)>,
    /// Code of all functions of the unit, also of those that are not wanted, sorted and apart.
    pub(crate) covered: Vec<(u64, u64)>,
    /// Code with rows and without a function, such as of an assembler: (first address, address after the last).
    pub(crate) loose: Vec<(u64, u64)>,
    /// How many parts of it are damaged.
    pub(crate) faults: u64,
    /// How many parts of it exceed a limit.
    pub(crate) excess: u64,
}

/// Read a unit; if only some addresses are `wanted`, the functions that have one of them. Nothing, or a part of it, if the time
/// of the image is over.
pub(crate) fn unit_records<'d>(
    units: &Units<'d>,
    unit: &Unit<'d>,
    image: &Image<'d>,
    wanted: Option<&Wanted>,
    hashes: &Hashes,
) -> Records<'d> {
    if image.deadline.is_over() {
        return Records::default();
    }
    let mut made = Made::new(Budget::new(limits::unit_names((unit.end - unit.start) as u64)));
    let mut found = walk(units, unit, image, wanted, &mut made);
    let mut records = Records { faults: found.faults, excess: found.excess, ..Records::default() };
    let mut build = Build {
        units,
        image,
        origins: ByNumber::default(),
        made: &mut made,
        budget: Budget::new((found.ranges.len() as u64).saturating_mul(4).saturating_add(1024)),
        records: &mut records,
        hashes,
        code: Vec::new(),
        of_call: Vec::new(),
        pieces: Vec::new(),
    };
    let mut watch = image.deadline.watch();
    for function in &found.functions {
        if watch.is_over() {
            break;
        }
        build.function(&found, function);
    }
    records.covered = std::mem::take(&mut found.others);
    records.covered.extend(records.parts.iter().map(|part| (part.start, part.end)));
    ranges::join(&mut records.covered);
    // Others of the wanted addresses may be in code without a function.
    let needed = wanted.filter(|_| found.has_all).map(|wanted| of_parts(wanted, &records.parts)).unwrap_or_default();
    drop(found);
    records.excess += made.excess;
    let mut paths = Paths::new(Budget::new(limits::unit_paths(unit.line_bytes)));
    let lines = rows(units, unit, image, wanted, &needed, |header, rows| {
        // The numbers of files begin at 0 or at 1.
        let mut used = vec![false; header.file_names().len() + 1];
        for file in rows.iter().map(|row| row.file).chain(records.calls.iter().map(|call| call.file)) {
            if let Some(used) = used.get_mut(file as usize) {
                *used = true;
            }
        }
        let used = (0u32..).zip(used).filter(|&(_, used)| used);
        let found = used.filter_map(|(file, _)| {
            Some((file, Text::of(path(units, unit, header, file, &mut paths)?.into(), hashes)))
        });
        records.files = found.collect();
    });
    records.excess += paths.excess + lines.excess;
    records.faults += lines.faults;
    records.rows = lines.rows;
    records.loose = loose(&records);
    records
}

/// The wanted addresses that some functions have, sorted.
fn of_parts(wanted: &Wanted, parts: &[Part]) -> Vec<u64> {
    let mut found: Vec<u64> = parts.iter().flat_map(|part| wanted.within(part.start, part.end)).copied().collect();
    found.sort_unstable();
    found.dedup();
    found
}

struct Build<'b, 'd> {
    units: &'b Units<'d>,
    image: &'b Image<'d>,
    /// Indices of origins by their entries.
    origins: ByNumber<usize, usize>,
    /// For names that are composed.
    made: &'b mut Made,
    /// Pieces of calls, which a function of many parts may multiply.
    budget: Budget,
    records: &'b mut Records<'d>,
    hashes: &'b Hashes,
    /// Used for each function: its code, the code of a call, and the pieces of calls in each part, as (part, call, first address,
    /// address after the last).
    code: Vec<(u64, u64)>,
    of_call: Vec<(u64, u64)>,
    pieces: Vec<(usize, usize, u64, u64)>,
}

impl<'d> Build<'_, 'd> {
    fn function(&mut self, found: &Found<'d>, function: &Function<'d>) {
        let (mut ranges, mut code) = (std::mem::take(&mut self.code), std::mem::take(&mut self.of_call));
        let mut pieces = std::mem::take(&mut self.pieces);
        ranges.clear();
        ranges.extend_from_slice(found.ranges.get(function.ranges.clone()).unwrap_or_default());
        // The first is where the function is entered; its other parts, such as rarely used code, may have lower addresses.
        let entry = ranges.first().map(|first| first.0);
        ranges::join(&mut ranges);
        let name = self.name(function, entry);
        let calls = found.calls.get(function.calls.clone()).unwrap_or_default();
        pieces.clear();
        for (index, call) in calls.iter().enumerate() {
            code.clear();
            code.extend_from_slice(found.ranges.get(call.ranges.clone()).unwrap_or_default());
            ranges::join(&mut code);
            for &(start, end) in &code {
                let first = ranges.partition_point(|part| part.1 <= start);
                for (at, part) in ranges.iter().enumerate().skip(first).take_while(|(_, part)| part.0 < end) {
                    if !self.budget.take(1) {
                        self.records.excess += 1;
                        break;
                    }
                    pieces.push((at, index, start.max(part.0), end.min(part.1)));
                }
            }
        }
        if ranges.len() > 1 {
            pieces.sort_by_key(|&(part, call, ..)| (part, call));
        }
        let mut rest = &pieces[..];
        for (at, &(start, end)) in ranges.iter().enumerate() {
            let first = self.records.calls.len();
            while let Some(&(part, index, ..)) = rest.first()
                && part == at
            {
                let of_call = rest.iter().take_while(|piece| (piece.0, piece.1) == (part, index)).count();
                let (these, others) = rest.split_at(of_call);
                rest = others;
                let Some(call) = calls.get(index) else { continue };
                let origin = call.origin.and_then(|entry| self.origin(entry));
                let from = self.records.ranges.len();
                self.records.ranges.extend(these.iter().map(|piece| (piece.2, piece.3)));
                self.records.calls.push(Call {
                    depth: call.depth,
                    line: call.line,
                    file: u32::try_from(call.file).unwrap_or(NO_FILE),
                    origin,
                    ranges: from..self.records.ranges.len(),
                });
            }
            self.records.parts.push(Part {
                start,
                end,
                name,
                calls: first..self.records.calls.len(),
                param_size: 0,
                is_folded: false,
            });
        }
        (self.code, self.of_call, self.pieces) = (ranges, code, pieces);
    }

    /// The index of the name of a function that is entered at an address.
    fn name(&mut self, function: &Function<'d>, entry: Option<u64>) -> usize {
        let mut name = function.name.clone().unwrap_or_default();
        // Debug information of lines alone has bare names; the symbol table has them whole.
        if !is_readable(&name)
            && let Some(entry) = entry
            && let Ok(at) = self.image.symbols.binary_search_by_key(&entry, |symbol| symbol.address)
            && let Some(symbol) = self.image.symbols.get(at)
            && (name.is_empty() || is_readable(symbol.name))
        {
            name = symbol.name.into();
        }
        self.records.names.push(name);
        self.records.names.len() - 1
    }

    /// The index of the name of an inlined function.
    fn origin(&mut self, entry: usize) -> Option<usize> {
        if let Some(&known) = self.origins.get(&entry) {
            return Some(known).filter(|&known| known != usize::MAX);
        }
        let name = name_at(self.units, entry, self.made).filter(|name| !is_blank(name));
        let index = name.map(|name| {
            self.records.origins.push(Text::of(name, self.hashes));
            self.records.origins.len() - 1
        });
        self.origins.insert(entry, index.unwrap_or(usize::MAX));
        index
    }
}

/// Code that has rows of its own and no function.
fn loose(records: &Records<'_>) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    let mut from = 0;
    for (start, end) in records.covered.iter().copied().chain([(u64::MAX, u64::MAX)]) {
        let first = records.rows.partition_point(|row| row.address < from);
        let last = records.rows.partition_point(|row| row.address < start);
        let between = records.rows.get(first..last).unwrap_or_default();
        // The row of a function's end may go on into the padding after it: only what begins here counts.
        if let Some(row) = between.iter().find(|row| row.file != NO_FILE) {
            found.push((row.address, start));
        }
        from = end;
    }
    found
}
