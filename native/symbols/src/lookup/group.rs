//! Addresses of one function, looked up together.

use super::batch_frames::{NO_NAME, NONE, OLD_DIALECT, ORIGIN};
use super::block::{Block, Entry, InlineEntry};
use super::inline_site::{InlineSite, MAX_CALLS, innermost_first};
use super::kept::KeptFunction;
use super::line_ref::LineRef;
use super::packed_block::PackedBlock;
use super::scatter::Frame;
use super::symbol::Symbol;
use super::symbol_map::SymbolMap;
use super::text_block::TextBlock;
use crate::breakpad::Dialect;
use std::ops::Range;

/// What the block of a function says about some addresses in it.
#[derive(Default)]
pub(super) struct Group {
    lines: Vec<Option<LineRef>>,
    /// Which address, which INLINE record, and the call.
    calls: Vec<(usize, u32, InlineSite)>,
    /// For each address how many calls cover it, and the last INLINE record that does.
    covers: Vec<(usize, u32)>,
    one: Vec<InlineSite>,
}

impl Group {
    /// Read a function's block for sorted addresses.
    pub(super) fn read(&mut self, map: &SymbolMap, symbol: &Symbol<'_>, addresses: &[(u64, u32)]) {
        if map.index.is_packed() {
            self.read_block(PackedBlock::of(&map.index, symbol), map, symbol, addresses);
        } else {
            self.read_block(TextBlock::of(&map.index, symbol), map, symbol, addresses);
        }
    }

    #[inline]
    fn read_block<'a>(
        &mut self,
        mut block: impl Block<'a>,
        map: &SymbolMap,
        symbol: &Symbol<'_>,
        addresses: &[(u64, u32)],
    ) {
        self.lines.clear();
        self.lines.resize(addresses.len(), None);
        self.calls.clear();
        self.covers.clear();
        self.covers.resize(addresses.len(), (0, u32::MAX));
        let mut missing = addresses.len();
        let mut record = 0;
        if block.is_large() || map.has_large_block(symbol) {
            return self.read_large(map, symbol, addresses);
        }
        while let Some(entry) = block.next() {
            if block.is_large() {
                break;
            }
            match entry {
                Entry::Line(line) => {
                    let mut found = false;
                    let slots = self.lines.get_mut(covered(addresses, line.address, line.size)).unwrap_or_default();
                    for slot in slots.iter_mut().filter(|slot| slot.is_none()) {
                        *slot = Some(LineRef::of(&line));
                        missing -= 1;
                        found = true;
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
        if block.is_large() {
            return self.read_large(map, symbol, addresses);
        }
        // By address, then as in the file.
        if addresses.len() > 1 {
            self.calls.sort_by_key(|&(at, record, _)| (at, record));
        }
    }

    #[cold]
    fn read_large(&mut self, map: &SymbolMap, symbol: &Symbol<'_>, addresses: &[(u64, u32)]) {
        self.calls.clear();
        map.with_large_block(symbol, |block| {
            for (at, &(rva, _)) in addresses.iter().enumerate() {
                if let Some(line) = self.lines.get_mut(at) {
                    *line = block.line_at(rva);
                }
                self.one.clear();
                block.calls_at(rva, &mut self.one);
                self.calls.extend((0..).zip(&self.one).map(|(record, &call)| (at, record, call)));
            }
        });
    }

    fn calls_of(&mut self, inline: &InlineEntry<'_>, record: u32, addresses: &[(u64, u32)]) {
        inline.each_range(|start, size| {
            let covered = covered(addresses, start, size);
            let covers = self.covers.get_mut(covered.clone()).unwrap_or_default();
            for (at, (count, last)) in covered.zip(covers) {
                // The first of a record's ranges counts.
                if *last != record && *count <= MAX_CALLS {
                    *count += 1;
                    *last = record;
                    self.calls.push((at, record, InlineSite::new(inline, size)));
                }
            }
            true
        });
    }

    /// Append the frames of the `i`th address.
    pub(super) fn frames(&mut self, symbol: &Symbol<'_>, i: usize, out: &mut Vec<Frame>) {
        self.one.clear();
        if !self.calls.is_empty() {
            let from = self.calls.partition_point(|call| call.0 < i);
            let mine = self.calls.get(from..).unwrap_or_default().iter().take_while(|call| call.0 == i);
            self.one.extend(mine.map(|&(.., call)| call));
        }
        self.frames_at(symbol.offset as u64, self.lines.get(i).copied().flatten(), out);
    }

    /// Append the frames of an address in a function that is kept.
    #[inline]
    pub(super) fn frames_of_kept(&mut self, kept: &KeptFunction, rva: u64, out: &mut Vec<Frame>) {
        self.one.clear();
        kept.calls_at(rva, &mut self.one);
        self.frames_at(kept.record, kept.line_at(rva), out);
    }

    /// Append the frames of an address with a line, in a function with a record at this offset, and the calls in `one`.
    #[inline]
    fn frames_at(&mut self, record: u64, place: Option<LineRef>, out: &mut Vec<Frame>) {
        let (line, line_file) = place.map_or((NONE, NONE), |place| (place.line, place.file));
        let mut frame = Frame { function: record, file: line_file, line };
        if !self.one.is_empty() {
            if self.one.len() > MAX_CALLS {
                self.one.clear();
            }
            if self.one.len() > 1 {
                innermost_first(&mut self.one);
            }
            for call in &self.one {
                let flags = if call.dialect == Dialect::Old { ORIGIN | OLD_DIALECT } else { ORIGIN };
                let function = call.origin.map_or(NO_NAME, |id| u64::from(id) | flags);
                out.push(Frame { function, ..frame });
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

/// Which of the sorted addresses a range covers.
#[inline]
fn covered(addresses: &[(u64, u32)], start: u64, size: u64) -> Range<usize> {
    let before = |limit: u64| {
        if addresses.len() <= 8 {
            addresses.iter().take_while(|address| address.0 < limit).count()
        } else {
            addresses.partition_point(|address| address.0 < limit)
        }
    };
    let first = before(start);
    if addresses.get(first).is_none_or(|address| address.0 - start >= size) {
        return 0..0;
    }
    first..start.checked_add(size).map_or(addresses.len(), before)
}
