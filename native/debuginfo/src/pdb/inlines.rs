//! Rows and inlined calls of a function, from its lines and the annotations of its calls.
//!
//! A PDB has for each address a line of the function itself, which for inlined code is the line of the call, and one of each
//! inlined function there, the innermost the last. Breakpad's records have one line for each address, the innermost, and
//! the line of a call beside the code of the call. So code is cut wherever any of these changes.

use super::annotations::{Piece, pieces};
use super::lines::Lines;
use super::scopes::{Call, Function};
use crate::dwarf::{NO_FILE, Row};
use crate::limits::Budget;

/// A part of an inlined call with one line of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    /// Index of the call among those of the function.
    pub(super) call: usize,
    /// Where it was called: the file's index, [`NO_FILE`] if unknown, and the line.
    pub(super) file: u32,
    pub(super) line: u32,
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Span {
    /// Whether another is of the same call, with the same line of the caller.
    pub(super) fn is_same_call(&self, other: &Self) -> bool {
        (self.call, self.file, self.line) == (other.call, other.file, other.line)
    }
}

/// Cuts the code of functions; its buffers are used again for the next.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    pieces: Vec<Piece>,
    placed: Vec<Placed>,
    /// The piece that holds the current address, for each depth.
    active: Vec<Option<usize>>,
    /// The span that ends at the current address, for each depth.
    open: Vec<Option<usize>>,
    /// The calls around the current address, the innermost first. Their numbers alone: the processor would wait for a copy of more
    /// fields that were just written.
    chain: Vec<usize>,
    pub(super) spans: Vec<Span>,
    pub(super) rows: Vec<Row>,
}

/// A piece with its call.
#[derive(Clone, Copy, Debug)]
struct Placed {
    start: u64,
    end: u64,
    depth: usize,
    call: usize,
    file: u32,
    line: u32,
}

impl Cutter {
    /// Find the rows and the spans of a function; if only some addresses in it are `wanted`, those of these addresses.
    /// `budget` is for steps, which a few bytes could multiply; `false` if it does not suffice.
    pub(super) fn cut(
        &mut self,
        function: &Function<'_>,
        calls: &[Call<'_>],
        lines: &Lines,
        wanted: Option<&[u64]>,
        budget: &mut Budget,
    ) -> bool {
        self.spans.clear();
        self.rows.clear();
        let outer = own_rows(&lines.rows, function.start, function.end);
        self.place(function, calls, lines, wanted);
        if self.placed.is_empty() {
            self.rows.extend_from_slice(outer);
            return true;
        }
        self.active.clear();
        self.open.clear();
        let (mut next_piece, mut next_row) = (0, 0);
        let mut own = (NO_FILE, 0);
        let mut starts = wanted.map(|wanted| wanted.iter().copied());
        let mut last = function.start;
        loop {
            let next = starts.as_mut().map_or(Some(last), Iterator::next);
            let Some(start) = next.filter(|&start| start < function.end) else { break };
            let start = start.max(function.start);
            while let Some(row) = outer.get(next_row).filter(|row| row.address <= start) {
                own = (row.file, row.line);
                next_row += 1;
            }
            while let Some(placed) = self.placed.get(next_piece).filter(|placed| placed.start <= start) {
                if self.active.len() <= placed.depth {
                    self.active.resize(placed.depth + 1, None);
                }
                if let Some(active) = self.active.get_mut(placed.depth) {
                    *active = Some(next_piece);
                }
                next_piece += 1;
            }
            // Nothing changes before the next row, the next piece, and the next end of one that is active.
            let end = match wanted {
                Some(_) => start + 1,
                None => {
                    let row = outer.get(next_row).map_or(function.end, |row| row.address);
                    let piece = self.placed.get(next_piece).map_or(function.end, |placed| placed.start);
                    let active = self.active.iter().flatten().filter_map(|&at| self.placed.get(at));
                    let ends = active.map(|placed| placed.end).filter(|&end| end > start);
                    ends.fold(function.end.min(row).min(piece), u64::min)
                }
            };
            last = end;
            if !budget.take(1 + self.active.len() as u64) {
                return false;
            }
            self.step(start, end, own, calls);
        }
        self.spans.sort_unstable();
        true
    }

    /// Put the pieces of all calls at their addresses, in the order of these, outer calls first; those that have none of the
    /// `wanted` addresses are left out.
    fn place(&mut self, function: &Function<'_>, calls: &[Call<'_>], lines: &Lines, wanted: Option<&[u64]>) {
        self.placed.clear();
        for (index, call) in calls.iter().enumerate() {
            self.pieces.clear();
            let inlinee = lines.inlinee(call.site.inlinee);
            let (file, line) = inlinee.map_or((u32::MAX, 0), |inlinee| (inlinee.file, inlinee.line));
            pieces(call.site.annotations, file, line, &mut self.pieces);
            // Compilers cut code for columns, too.
            let mut last: Option<Piece> = None;
            let mut add = |piece: Piece| {
                let (start, end) = (function.start + u64::from(piece.start), function.start + u64::from(piece.end));
                let has_any = |wanted: &[u64]| {
                    let first = wanted.partition_point(|&address| address < start);
                    wanted.get(first).is_some_and(|&address| address < end)
                };
                if !wanted.is_none_or(has_any) {
                    return;
                }
                self.placed.push(Placed {
                    start,
                    end,
                    depth: usize::try_from(call.depth).unwrap_or(0),
                    call: index,
                    file: lines.file(piece.file),
                    line: if inlinee.is_some() { piece.line } else { 0 },
                });
            };
            for &piece in &self.pieces {
                match &mut last {
                    Some(last) if last.end == piece.start && (last.file, last.line) == (piece.file, piece.line) => {
                        last.end = piece.end;
                    }
                    _ => {
                        last.replace(piece).into_iter().for_each(&mut add);
                    }
                }
            }
            last.into_iter().for_each(add);
        }
        if !self.placed.is_sorted_by_key(|placed| (placed.start, placed.depth)) {
            self.placed.sort_by_key(|placed| (placed.start, placed.depth));
        }
    }

    /// Add the rows and spans of code in which nothing changes.
    fn step(&mut self, start: u64, end: u64, own: (u32, u32), calls: &[Call<'_>]) {
        let placed = |at: Option<usize>| self.placed.get(at?).filter(|placed| start < placed.end);
        while self.active.last().is_some_and(|&at| placed(at).is_none()) {
            self.active.pop();
        }
        self.chain.clear();
        // The innermost call says which calls are around it; their annotations need not cover all of it.
        let mut next = self.active.last().copied().and_then(placed).map(|placed| placed.call);
        while let Some((index, call)) = next.and_then(|index| Some((index, calls.get(index)?))) {
            self.chain.push(index);
            next = call.parent;
        }
        let mut caller = own;
        self.open.truncate(self.chain.len());
        for (depth, &call) in self.chain.iter().rev().enumerate() {
            let own_depth = calls.get(call).map_or(0, |call| usize::try_from(call.depth).unwrap_or(0));
            let here = placed(self.active.get(own_depth).copied().flatten()).filter(|placed| placed.call == call);
            let (file, line) = (here.map_or(NO_FILE, |placed| placed.file), here.map_or(0, |placed| placed.line));
            let known = self.open.get(depth).copied().flatten().and_then(|at| self.spans.get_mut(at));
            match known.filter(|span| (span.call, span.file, span.line, span.end) == (call, caller.0, caller.1, start))
            {
                Some(span) => span.end = end,
                None => {
                    self.spans.push(Span { call, file: caller.0, line: caller.1, start, end });
                    let at = Some(self.spans.len() - 1);
                    match self.open.get_mut(depth) {
                        Some(open) => *open = at,
                        None => self.open.push(at),
                    }
                }
            }
            caller = (file, line);
        }
        let (file, line) = caller;
        // A row says where the code of an unknown line begins, too, or the line before would go on.
        if self.rows.last().is_none_or(|last| (last.file, last.line) != (file, line)) {
            self.rows.push(Row { address: start, file, line });
        }
    }
}

/// The rows of some code; the first may begin before it.
fn own_rows(rows: &[Row], start: u64, end: u64) -> &[Row] {
    let first = rows.partition_point(|row| row.address <= start).saturating_sub(1);
    let last = rows.partition_point(|row| row.address < end);
    rows.get(first..last).unwrap_or_default()
}
