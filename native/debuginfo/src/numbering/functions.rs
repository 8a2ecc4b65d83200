//! The functions of a unit, given to a sink.

use symbols::breakpad::{Dialect, Func, Inline, Line, Ranges};

use super::NO_FILE_ID;
use crate::dwarf::{NO_FILE, Part, Records, Row};
use crate::limits::Budget;
use crate::sink::FunctionSink;

/// The numbers that a unit's files and inlined functions have in the text.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// By the file's number in the unit, sorted.
    pub(crate) files: Vec<(u32, u32)>,
    /// By index; `None` where the budget did not suffice for the name.
    pub(crate) origins: Vec<Option<u32>>,
}

impl Ids {
    pub(crate) fn file(&self, file: u32) -> u32 {
        // Most units have few files, numbered without gaps.
        let guess = self.files.get(file as usize).filter(|known| known.0 == file);
        let found = guess.or_else(|| {
            let at = self.files.binary_search_by_key(&file, |known| known.0).ok()?;
            self.files.get(at)
        });
        found.map_or(NO_FILE_ID, |known| known.1)
    }
}

/// What is left of a budget after writing, and what was left out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    pub(crate) functions: u64,
    pub(crate) excess: u64,
}

/// Bytes of a record beside its name, at most.
const RECORD: usize = 128;

/// Give a sink the functions of a unit, as long as the budget lasts: a function whole or not at all.
pub(crate) fn give_functions(
    records: &Records<'_>,
    ids: &Ids,
    out: &mut impl FunctionSink,
    mut budget: Budget,
) -> Written {
    let mut written = Written::default();
    let mut pairs = Vec::new();
    for part in &records.parts {
        let before = out.text_bytes();
        let most = before.saturating_add(budget.left());
        let name = records.names.get(part.name).map_or(b"".as_slice(), |name| name);
        if before + (name.len() + RECORD) as u64 > most {
            written.excess = records.parts.len() as u64 - written.functions;
            break;
        }
        if !function(records, part, name, ids, &mut pairs, out, most) || !budget.take(out.text_bytes() - before) {
            out.forget_function();
            written.excess = records.parts.len() as u64 - written.functions;
            break;
        }
        written.functions += 1;
    }
    written
}

/// Give a sink a function; `false` if the records would have more bytes as text than `most`. `pairs` is used for each.
fn function(
    records: &Records<'_>,
    part: &Part,
    name: &[u8],
    ids: &Ids,
    pairs: &mut Vec<(u64, u64)>,
    out: &mut impl FunctionSink,
    most: u64,
) -> bool {
    let (address, size) = (part.start, part.end - part.start);
    let param_size = part.param_size;
    out.function(&Func { address, size, param_size, folded: part.is_folded, name });
    for call in records.calls.get(part.calls.clone()).unwrap_or_default() {
        pairs.clear();
        let ranges = records.ranges.get(call.ranges.clone()).unwrap_or_default();
        pairs.extend(ranges.iter().map(|&(start, end)| (start, end - start)));
        out.inline(&Inline {
            depth: call.depth,
            call_line: call.line,
            call_file: Some(ids.file(call.file)).filter(|&id| id != NO_FILE_ID),
            origin: call.origin.and_then(|origin| ids.origins.get(origin).copied().flatten()),
            dialect: Dialect::New,
            ranges: Ranges::Pairs(pairs),
        });
        if out.text_bytes() > most {
            return false;
        }
    }
    lines(&records.rows, (part.start, part.end), ids, out, most)
}

/// Give a sink the lines of some code; `false` if the records would have more bytes as text than `most`.
fn lines(rows: &[Row], (start, end): (u64, u64), ids: &Ids, out: &mut impl FunctionSink, most: u64) -> bool {
    let first = rows.partition_point(|row| row.address <= start).saturating_sub(1);
    let rest = rows.get(first..).unwrap_or_default();
    // The file of the rows before mostly is the file of the next.
    let mut last = (NO_FILE, NO_FILE_ID);
    for (at, row) in rest.iter().enumerate() {
        if row.address >= end {
            break;
        }
        let next = rest.get(at + 1).map_or(end, |next| next.address.min(end));
        let address = row.address.max(start);
        if row.file == NO_FILE || next <= address {
            continue;
        }
        if last.0 != row.file {
            last = (row.file, ids.file(row.file));
        }
        out.line(&Line { address, size: next - address, line: row.line, file: last.1 });
        if out.text_bytes() > most {
            return false;
        }
    }
    true
}
