//! One pass over a text collects the contents of the tables.

use super::counts::Counts;
use super::diagnostics::{Collector, Kind};
use super::extent::Extent;
use super::format::Pair;
use super::table::Value;
use crate::breakpad::lines::{after_eol, line_end};
use crate::breakpad::quick::{self, Head};
use crate::breakpad::quick_inline::inline;
use crate::breakpad::window::WINDOW;
use crate::breakpad::{Fault, Record, Win, parse};

/// A symbol with a start and no size of its own: PUBLIC, or FUNC of size 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) start: u64,
    pub(super) at: u64,
    pub(super) is_public: bool,
}

/// The records found by a pass over a text, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) counts: Counts,
    pub(super) diagnostics: Collector,
    /// MODULE and INFO lines.
    pub(super) records: Vec<u64>,
    pub(super) functions: Vec<Extent>,
    pub(super) points: Vec<Point>,
    pub(super) inits: Vec<Extent>,
    /// STACK CFI lines that their INIT does not lead to: (address, offset).
    pub(super) deltas: Vec<(u64, u64)>,
    /// STACK WIN of type 4, of type 0.
    pub(super) wins: [Vec<Extent>; 2],
    pub(super) files: Vec<(u32, u64)>,
    pub(super) origins: Vec<(u32, u64)>,
    pub(super) tails: Vec<Pair>,
    /// Which MODULE and INFO lines were seen.
    about: [bool; 5],
    /// Line numbers at some offsets, to find those of other offsets; none where there are no lines.
    marks: Vec<(u64, u64)>,
}

/// Bytes between two marks.
const MARK_STEP: usize = 1 << 20;

/// The FUNC whose lines are being read.
#[derive(Clone, Copy)]
struct Block {
    at: u64,
    /// A line record was seen.
    has_lines: bool,
    /// The block is unusual: a line of another kind follows the FUNC, or an INLINE follows a line
    /// record. The index states where such a block ends.
    odd: bool,
}

struct Scanner<'t> {
    text: &'t [u8],
    pos: usize,
    line: u64,
    block: Option<Block>,
    /// The range of the INIT whose deltas are being read.
    init: Option<(u64, u64)>,
    found: Scan,
}

/// Read a whole text; `None` if `proceed`, which is asked after each MiB, says to give up.
pub(super) fn scan(text: &[u8], proceed: &mut dyn FnMut() -> bool) -> Option<Scan> {
    let limit = usize::try_from(Value::LIMIT).unwrap_or(usize::MAX);
    let used = text.get(..limit).unwrap_or(text);
    let pos = if used.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut scanner = Scanner { text: used, pos, line: 1, block: None, init: None, found: Scan::default() };
    if !scanner.run(proceed) {
        return None;
    }
    if used.len() < text.len() {
        scanner.found.diagnostics.add(Kind::TooLarge, scanner.line);
    }
    Some(scanner.found)
}

impl Scanner<'_> {
    /// Read to the end; false if `proceed` said to give up.
    fn run(&mut self, proceed: &mut dyn FnMut() -> bool) -> bool {
        let mut mark = 0;
        while self.pos < self.text.len() {
            if self.pos >= mark {
                if !proceed() {
                    return false;
                }
                self.found.marks.push((self.pos as u64, self.line));
                mark = self.pos + MARK_STEP;
            }
            if self.block.is_some() {
                self.lines(mark);
            }
            let Some(rest) = self.text.get(self.pos..).filter(|rest| !rest.is_empty()) else { break };
            let end = match quick::head(rest) {
                Some((head, fields)) => {
                    self.take(head);
                    let Some(end) = self.end_of_line(self.pos + fields, proceed) else { return false };
                    end
                }
                None => {
                    let Some(end) = self.end_of_line(self.pos, proceed) else { return false };
                    self.slow(end);
                    end
                }
            };
            self.pos = after_eol(self.text, end);
            self.line += 1;
        }
        true
    }

    /// The end of the line that holds `from`; `None` if `proceed`, which is asked after each MiB of it, says to give up.
    #[inline]
    fn end_of_line(&self, from: usize, proceed: &mut dyn FnMut() -> bool) -> Option<usize> {
        let mut reached = from;
        loop {
            let part = self.text.get(..reached.saturating_add(MARK_STEP)).unwrap_or(self.text);
            let end = line_end(part, reached);
            if end < part.len() || part.len() == self.text.len() {
                return Some(end);
            }
            reached = end;
            if !proceed() {
                return None;
            }
        }
    }

    /// Line records and INLINE records in canonical form, as many as there are.
    #[inline]
    fn lines(&mut self, limit: usize) {
        let Some(block) = &mut self.block else { return };
        let start = self.pos;
        let (mut lines, mut inlines) = (u64::from(block.has_lines), 0);
        let had_lines = lines;
        let mut pos = self.pos;
        while pos < limit {
            let Some(rest) = self.text.get(pos..) else { break };
            let len = if let Some(len) = rest.first_chunk::<WINDOW>().and_then(quick::line_len) {
                lines += 1;
                len
            } else if let Some(inline) = inline(rest) {
                inlines += 1;
                block.odd |= lines > 0;
                inline.len
            } else {
                break;
            };
            pos = after_eol(self.text, pos + len);
        }
        block.has_lines = lines > 0;
        let lines = lines - had_lines;
        self.found.counts.lines += lines;
        self.found.counts.inlines += inlines;
        self.line += lines + inlines;
        self.pos = pos;
        if pos > start {
            self.init = None;
            self.own_lines_until(pos);
        }
    }

    /// The block of the current FUNC reaches at least to here.
    fn own_lines_until(&mut self, end: usize) {
        if let Some(Block { at, odd: true, .. }) = self.block {
            match self.found.tails.last_mut() {
                Some(tail) if tail.key.get() == at => tail.offset = (end as u64).into(),
                _ => self.found.tails.push(Pair { key: at.into(), offset: (end as u64).into() }),
            }
        }
    }

    /// A record in canonical form.
    #[inline]
    fn take(&mut self, head: Head) {
        let at = self.pos as u64;
        match head {
            Head::Func { address, size } => {
                self.init = None;
                self.function(at, address, size);
            }
            Head::Public { address } => {
                self.init = None;
                self.public(at, address);
            }
            Head::CfiInit { address, size } => {
                self.interrupt();
                self.cfi_init(at, address, size);
            }
            Head::CfiDelta { address } => {
                self.interrupt();
                self.cfi_delta(at, address, true);
            }
            Head::File { id } => {
                self.interrupt();
                self.init = None;
                self.found.counts.files += 1;
                self.found.files.push((id, at));
            }
            Head::Origin { id } => {
                self.interrupt();
                self.init = None;
                self.found.counts.origins += 1;
                self.found.origins.push((id, at));
            }
        }
    }

    /// Any other line, parsed by the tolerant parser.
    #[cold]
    #[inline(never)]
    fn slow(&mut self, end: usize) {
        let text = self.text;
        let line = text.get(self.pos..end).unwrap_or_default();
        let at = self.pos as u64;
        let record = parse(line);
        let in_init = self.init;
        if !matches!(record, Ok(None)) {
            self.init = None;
        }
        match record {
            Ok(Some(Record::Line(_))) if self.block.is_some() => {
                self.found.counts.lines += 1;
                self.block.iter_mut().for_each(|block| block.has_lines = true);
                self.own_lines_until(after_eol(text, end));
                return;
            }
            Ok(Some(Record::Inline(_))) if self.block.is_some() => {
                self.found.counts.inlines += 1;
                self.block.iter_mut().for_each(|block| block.odd |= block.has_lines);
                self.own_lines_until(after_eol(text, end));
                return;
            }
            Ok(Some(Record::Func(func))) => {
                if func.name.is_empty() {
                    self.odd(Kind::FuncUnnamed);
                }
                self.function(at, func.address, func.size);
                return;
            }
            Ok(Some(Record::Public(public))) => {
                if public.name.is_empty() {
                    self.odd(Kind::PublicUnnamed);
                }
                self.public(at, public.address);
                return;
            }
            _ => self.interrupt(),
        }
        match record {
            Ok(Some(Record::Line(_))) => self.odd(Kind::LineOutside),
            Ok(Some(Record::Inline(_))) => self.odd(Kind::InlineOutside),
            Ok(Some(Record::CfiInit(init))) => self.cfi_init(at, init.address, init.size),
            Ok(Some(Record::CfiDelta(delta))) => {
                self.init = in_init;
                // Only lines with the canonical start are found again from their INIT.
                self.cfi_delta(at, delta.address, line.starts_with(quick::DELTA));
            }
            Ok(Some(Record::Win(win))) => {
                if let Some(kind) = self.found.add_win(at, &win) {
                    self.odd(kind);
                }
            }
            Ok(Some(Record::File(file))) => {
                self.found.counts.files += 1;
                self.found.files.push((file.id, at));
            }
            Ok(Some(Record::InlineOrigin(origin))) => {
                self.found.counts.origins += 1;
                self.found.origins.push((origin.id, at));
            }
            Ok(Some(record @ (Record::Module(_) | Record::Info(_)))) => {
                if let Some(kind) = self.found.add_about(at, &record) {
                    self.odd(kind);
                }
            }
            Ok(Some(Record::Func(_) | Record::Public(_)) | None) => {}
            Err(fault) => self.bad(fault, line, in_init),
        }
    }

    fn bad(&mut self, fault: Fault, line: &[u8], in_init: Option<(u64, u64)>) {
        self.odd(fault.into());
        let mut fields = crate::breakpad::fields::Fields::new(line);
        if matches!(fields.token(), Some(b"FUNC" | b"PUBLIC")) {
            self.block = None;
        }
        if line.starts_with(quick::DELTA) && !line.starts_with(quick::INIT) {
            self.init = in_init;
        }
    }

    fn function(&mut self, at: u64, address: u64, size: u64) {
        self.block = Some(Block { at, has_lines: false, odd: false });
        if let Some(kind) = self.found.add_function(at, address, size) {
            self.odd(kind);
        }
    }

    fn public(&mut self, at: u64, address: u64) {
        self.block = None;
        if let Some(kind) = self.found.add_public(at, address) {
            self.odd(kind);
        }
    }

    fn cfi_init(&mut self, at: u64, address: u64, size: u64) {
        self.found.counts.cfi_inits += 1;
        self.init = None;
        if let Some(extent) = extent(address, size, at) {
            self.init = Some((extent.start, extent.end));
            self.found.inits.push(extent);
        } else {
            self.odd(Kind::StackEmpty);
        }
    }

    fn cfi_delta(&mut self, at: u64, address: u64, canonical: bool) {
        self.found.counts.cfi_deltas += 1;
        match self.init {
            Some((start, end)) if canonical && start <= address && address < end => {}
            _ => self.found.deltas.push((address, at)),
        }
        if !canonical {
            self.init = None;
        }
    }

    fn interrupt(&mut self) {
        if let Some(block) = &mut self.block {
            block.odd = true;
        }
    }

    fn odd(&mut self, kind: Kind) {
        self.found.diagnostics.add(kind, self.line);
    }
}

impl Scan {
    /// Add a FUNC record. Returns what is unusual about it.
    pub(super) fn add_function(&mut self, at: u64, address: u64, size: u64) -> Option<Kind> {
        self.counts.functions += 1;
        if size == 0 {
            self.points.push(Point { start: address, at, is_public: false });
        } else if let Some(extent) = extent(address, size, at) {
            self.functions.push(extent);
        } else {
            return Some(Kind::FuncWraps);
        }
        None
    }

    /// Add a PUBLIC record. Returns what is unusual about it.
    pub(super) fn add_public(&mut self, at: u64, address: u64) -> Option<Kind> {
        self.counts.publics += 1;
        if address == 0 {
            return Some(Kind::PublicZero);
        }
        self.points.push(Point { start: address, at, is_public: true });
        None
    }

    /// Add a STACK WIN record. Returns what is unusual about it.
    pub(super) fn add_win(&mut self, at: u64, win: &Win<'_>) -> Option<Kind> {
        self.counts.wins += 1;
        let table = match win.kind {
            4 => &mut self.wins[0],
            0 => &mut self.wins[1],
            _ => return None,
        };
        match extent(win.address, win.size, at) {
            Some(extent) => table.push(extent),
            None => return Some(Kind::StackEmpty),
        }
        None
    }

    /// Add a MODULE or INFO record, of which the first of each kind counts. Returns what is unusual about it.
    pub(super) fn add_about(&mut self, at: u64, record: &Record<'_>) -> Option<Kind> {
        let kind = match record {
            Record::Module(_) => 0,
            Record::Info(info) => match info.key {
                b"CODE_ID" => 1,
                b"URL" => 2,
                b"GENERATOR" => 3,
                b"SYMBOLS" => 4,
                _ => return None,
            },
            _ => return None,
        };
        if !std::mem::replace(&mut self.about[kind], true) {
            self.records.push(at);
        } else if kind == 0 {
            return Some(Kind::ModuleTwice);
        }
        None
    }

    /// Record a diagnostic found after the pass, by the offset of its line.
    pub(super) fn odd_at(&mut self, kind: Kind, text: &[u8], at: u64) {
        let line = if self.diagnostics.wants_line(kind) { self.line_of(text, at) } else { 0 };
        self.diagnostics.add(kind, line);
    }

    fn line_of(&self, text: &[u8], at: u64) -> u64 {
        if self.marks.is_empty() {
            return 0;
        }
        let mark = self.marks.partition_point(|mark| mark.0 <= at).checked_sub(1);
        let (from, mut line) = mark.and_then(|i| self.marks.get(i)).copied().unwrap_or((0, 1));
        let mut pos = usize::try_from(from).unwrap_or(usize::MAX);
        while (pos as u64) < at && pos < text.len() {
            pos = after_eol(text, line_end(text, pos));
            line += 1;
        }
        line
    }
}

fn extent(start: u64, size: u64, at: u64) -> Option<Extent> {
    let end = start.checked_add(size)?;
    (size > 0).then_some(Extent { start, end, at })
}
