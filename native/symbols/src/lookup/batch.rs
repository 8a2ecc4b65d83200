//! Many look-ups at once, as flat arrays.

use super::block::{Block, Entry, InlineEntry, LineEntry};
use super::function::Symbol;
use super::inlines::{Call, MAX_CALLS, innermost_first};
use super::name::{OMITTED, function_name, name};
use super::sort::sorted;
use crate::breakpad::lines::line_at;
use crate::breakpad::{Dialect, Record, parse};
use crate::index::SymbolIndex;
use std::borrow::Cow;

/// No function, file or line.
pub const NONE: u32 = u32::MAX;
/// No name: [`SymbolIndex::batch_name`] gives [`OMITTED`].
pub const NO_NAME: u64 = u64::MAX;
/// Set in a name that an old-dialect INLINE record refers to.
const OLD_DIALECT: u64 = 1 << 63;

/// Frames of many addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchFrames {
    /// The frames of address `i` are `offsets[i]..offsets[i + 1]` of the three arrays below, the
    /// innermost first and the function itself last; none if no symbol covers the address.
    pub offsets: Vec<u64>,
    /// For each address the first address of its function, [`u64::MAX`] if there is none.
    pub starts: Vec<u64>,
    /// For each frame the name of its function, for [`SymbolIndex::batch_name`]. Equal numbers are
    /// equal names; equal names may have several numbers.
    pub functions: Vec<u64>,
    /// For each frame its FILE id, for [`SymbolIndex::file_name`]; [`NONE`] if unknown.
    pub files: Vec<u32>,
    /// For each frame its line; [`NONE`] if unknown.
    pub lines: Vec<u32>,
}

/// Addresses sorted and looked up together. Bounds the memory of the sort.
const CHUNK: usize = 1 << 21;
/// Addresses of one function looked up together.
const GROUP: usize = 64;

#[derive(Clone, Copy)]
struct Frame {
    function: u64,
    file: u32,
    line: u32,
}

/// What was found for an address.
#[derive(Clone, Copy)]
struct Place {
    start: u64,
    first: usize,
    count: u32,
}

impl SymbolIndex {
    /// The source frames of many addresses, in any order. `out` is cleared first.
    ///
    /// The addresses are sorted, so that each function is read once for all its addresses and the
    /// text is walked from one end to the other.
    pub fn frames_batch(&self, rvas: &[u64], out: &mut BatchFrames) {
        out.offsets.clear();
        out.starts.clear();
        out.functions.clear();
        out.files.clear();
        out.lines.clear();
        out.offsets.reserve(rvas.len() + 1);
        out.offsets.push(0);
        for chunk in rvas.chunks(CHUNK) {
            self.chunk(chunk, out);
        }
    }

    /// The name of a function in a [`BatchFrames`].
    #[must_use]
    pub fn batch_name(&self, function: u64) -> Cow<'_, str> {
        if function == NO_NAME {
            return Cow::Borrowed(OMITTED);
        }
        let dialect = if function & OLD_DIALECT == 0 { Dialect::New } else { Dialect::Old };
        match parse(line_at(self.text(), function & !OLD_DIALECT)) {
            Ok(Some(Record::Func(func))) => function_name(func.name),
            Ok(Some(Record::Public(public))) => function_name(public.name),
            Ok(Some(Record::InlineOrigin(origin))) => name(origin.name_in(dialect)),
            _ => Cow::Borrowed(OMITTED),
        }
    }

    fn chunk(&self, rvas: &[u64], out: &mut BatchFrames) {
        let sorted = sorted(rvas);
        let table = self.symbols();
        // Frames in the order of the sorted addresses, and where those of each input address are.
        let mut frames: Vec<Frame> = Vec::with_capacity(rvas.len() + rvas.len() / 2);
        let mut places = vec![Place { start: u64::MAX, first: 0, count: 0 }; rvas.len()];
        let mut group = Group::default();
        let mut cursor = table.cursor();
        let mut rest = &sorted[..];
        while let Some(&(rva, _)) = rest.first() {
            let (span, end) = cursor.seek(rva);
            let within = rest.iter().take(GROUP).take_while(|&&(rva, _)| rva < end).count().max(1);
            let (these, others) = rest.split_at(within);
            rest = others;
            let Some(symbol) = span.and_then(|span| self.symbol_record(span.offset)) else { continue };
            group.read(self, &symbol, these);
            for (i, &(_, place)) in these.iter().enumerate() {
                let before = frames.len();
                group.frames(self, &symbol, i, &mut frames);
                if let Some(slot) = places.get_mut(place as usize) {
                    let count = (frames.len() - before) as u32;
                    *slot = Place { start: symbol.start, first: before, count };
                }
            }
        }
        drop(sorted);
        let total = frames.len();
        out.functions.reserve(total);
        out.files.reserve(total);
        out.lines.reserve(total);
        out.starts.reserve(rvas.len());
        for place in places {
            out.starts.push(place.start);
            for frame in frames.get(place.first..).unwrap_or_default().iter().take(place.count as usize) {
                out.functions.push(frame.function);
                out.files.push(frame.file);
                out.lines.push(frame.line);
            }
            out.offsets.push(out.functions.len() as u64);
        }
    }
}

/// What the block of a function says about some addresses in it.
#[derive(Default)]
struct Group<'a> {
    lines: Vec<Option<LineEntry<'a>>>,
    /// Which address, which INLINE record, and the call.
    calls: Vec<(u32, u32, Call)>,
    one: Vec<Call>,
}

impl<'a> Group<'a> {
    /// Read a function's block for sorted addresses.
    fn read(&mut self, index: &'a SymbolIndex, symbol: &Symbol<'_>, addresses: &[(u64, u32)]) {
        self.lines.clear();
        self.lines.resize(addresses.len(), None);
        self.calls.clear();
        let mut missing = addresses.len();
        let mut record = 0;
        let mut block = Block::of(index, symbol);
        while let Some(entry) = block.next() {
            match entry {
                Entry::Line(line) => {
                    let mut found = false;
                    for (slot, &(rva, _)) in self.lines.iter_mut().zip(addresses) {
                        if line.covers(rva) && slot.is_none() {
                            *slot = Some(line);
                            missing -= 1;
                            found = true;
                        }
                    }
                    if found && missing == 0 && !block.goes_on() {
                        break;
                    }
                }
                Entry::Inline(inline) => {
                    self.calls_of(&inline, record, addresses);
                    record += 1;
                }
            }
        }
        // By address, then as in the file.
        if addresses.len() > 1 {
            self.calls.sort_by_key(|&(at, record, _)| (at, record));
        }
    }

    fn calls_of(&mut self, inline: &InlineEntry<'_>, record: u32, addresses: &[(u64, u32)]) {
        let first = self.calls.len();
        inline.each_range(|start, size| {
            for (at, &(rva, _)) in (0u32..).zip(addresses) {
                if rva.wrapping_sub(start) < size {
                    let known = self.calls.get(first..).unwrap_or_default();
                    if !known.iter().any(|&(other, ..)| other == at) {
                        self.calls.push((at, record, Call::new(inline, size)));
                    }
                }
            }
            true
        });
    }

    /// The frames of the `i`th address.
    fn frames(&mut self, index: &SymbolIndex, symbol: &Symbol<'_>, i: usize, out: &mut Vec<Frame>) {
        let place = self.lines.get(i).copied().flatten().map(|line| line.place());
        let (line, line_file) = place.unwrap_or((NONE, NONE));
        let mut frame = Frame { function: symbol.offset as u64, file: line_file, line };
        if !self.calls.is_empty() {
            let from = self.calls.partition_point(|call| (call.0 as usize) < i);
            let mine = self.calls.get(from..).unwrap_or_default().iter().take_while(|call| call.0 as usize == i);
            self.one.clear();
            self.one.extend(mine.take(MAX_CALLS).map(|&(.., call)| call));
            if self.one.len() > 1 {
                innermost_first(&mut self.one);
            }
            for call in &self.one {
                let origin = call.origin.and_then(|id| index.origin_offset(id));
                let flag = if call.dialect == Dialect::Old { OLD_DIALECT } else { 0 };
                out.push(Frame { function: origin.map_or(NO_NAME, |offset| offset | flag), ..frame });
                frame.line = call.call_line;
                frame.file = match call.dialect {
                    Dialect::New => call.call_file.unwrap_or(NONE),
                    Dialect::Old => line_file,
                };
            }
        }
        out.push(frame);
    }
}
