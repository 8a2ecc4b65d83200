//! Unwind tables as Breakpad text: `STACK CFI` records, for tools that read nothing else.
//!
//! The text says less than the tables. It cannot mark a signal frame (its return address is looked up as if it were behind a
//! call) and cannot express most DWARF expressions, whose addresses are left out. Tables that describe only bodies of functions give the
//! rules of the body for all of it; so do epilogues on x86-64 Windows, which no table describes. A return address that is
//! undefined is written as `.ra: .undef`.

mod listing;
pub(crate) mod rules;

use std::io;

use symbols::breakpad::{CfiDelta, CfiInit, Record};
use unwind::UnwindSource as _;
use vocabulary::Arch;

use crate::format::Section;
use crate::tables::Tables;
use listing::Function;
use rules::Rules;

/// How often each byte of a table may be read, on average: real programs of rules share a short beginning.
const WORK_PER_BYTE: u64 = 256;
/// Work that is free.
const FREE: u64 = 1 << 20;

/// What became of the tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// INIT records.
    pub functions: u64,
    /// Functions that were left out because their rules are damaged, or the limit was reached.
    pub left_out: u64,
}

/// Give `out` the records of all tables, at most so many bytes of text. Of a function that several tables describe, the first
/// counts.
///
/// # Errors
/// Those of `out`.
pub fn records<E>(
    tables: &Tables,
    most: u64,
    out: &mut impl FnMut(&Record<'_>) -> Result<(), E>,
) -> Result<Written, E> {
    let is_table = |section: &&Section| section.kind.table_name().is_some();
    let bytes: u64 =
        tables.sections().iter().filter(is_table).map(|section| section.bytes(tables.whole()).len() as u64).sum();
    let mut writer = Writer {
        arch: tables.arch(),
        left: most,
        work: bytes.saturating_mul(WORK_PER_BYTE).saturating_add(FREE),
        covered: Vec::new(),
        written: Written::default(),
        text: Vec::new(),
    };
    let mut failed = None;
    for section in tables.sections().iter().filter(is_table) {
        let mut covered = Vec::new();
        listing::functions(tables, section, &mut |function| {
            if failed.is_none() {
                match writer.function(&function, out) {
                    Ok(true) => covered.push((function.begin, function.end)),
                    Ok(false) => {}
                    Err(error) => failed = Some(error),
                }
            }
            failed.is_none() && writer.left > 0 && writer.work > 0
        });
        if let Some(error) = failed {
            return Err(error);
        }
        writer.covered.extend(covered);
        writer.covered.sort_unstable();
    }
    Ok(writer.written)
}

/// As [`records`], without the functions for which one of the `others` has rules: those of another file of the module, whose
/// records are in the text already.
///
/// # Errors
/// Those of `out`.
pub fn records_beside<E>(
    tables: &Tables,
    others: &[&Tables],
    most: u64,
    out: &mut impl FnMut(&Record<'_>) -> Result<(), E>,
) -> Result<Written, E> {
    let mut is_there = false;
    records(tables, most, &mut |record| {
        if let Record::CfiInit(init) = record {
            is_there = others.iter().any(|other| other.rules_at(tables.arch(), init.address).is_some());
        }
        if is_there { Ok(()) } else { out(record) }
    })
}

struct Writer {
    arch: Arch,
    left: u64,
    work: u64,
    /// What earlier tables describe, sorted.
    covered: Vec<(u64, u64)>,
    written: Written,
    text: Vec<u8>,
}

impl Writer {
    /// Write a function. `false`: nothing was written.
    fn function<E>(
        &mut self,
        function: &Function<'_>,
        out: &mut impl FnMut(&Record<'_>) -> Result<(), E>,
    ) -> Result<bool, E> {
        let (once, for_each) = function.work;
        self.work = self.work.saturating_sub(once);
        let next = self.covered.partition_point(|(begin, _)| *begin < function.end);
        let is_covered = next.checked_sub(1).and_then(|last| self.covered.get(last));
        if function.begin >= function.end || is_covered.is_some_and(|(_, end)| *end > function.begin) {
            return Ok(false);
        }
        let Some(rows) = (function.rows)(self.work).filter(|rows| rows.iter().any(|(_, rules)| rules.is_some())) else {
            self.written.left_out += 1;
            return Ok(false);
        };
        self.work = self.work.saturating_sub(for_each.saturating_add(1).saturating_mul(rows.len() as u64));
        let mut before: Option<&Rules> = None;
        for (index, (address, rules)) in rows.iter().enumerate() {
            let Some(rules) = rules else {
                before = None;
                continue;
            };
            self.text.clear();
            rules.write(self.arch, before, &mut self.text);
            if self.text.is_empty() {
                continue;
            }
            let size = self.text.len() as u64 + 32;
            if self.left < size {
                self.left = 0;
                self.written.left_out += 1;
                break;
            }
            self.left -= size;
            if before.is_some() {
                out(&Record::CfiDelta(CfiDelta { address: *address, rules: &self.text }))?;
            } else {
                let gap = rows.get(index..).unwrap_or_default().iter().find(|(_, rules)| rules.is_none());
                let end = gap.map_or(function.end, |(address, _)| *address);
                let Some(size) = end.checked_sub(*address) else { break };
                let init = CfiInit { address: *address, size, rules: &self.text };
                out(&Record::CfiInit(init))?;
                self.written.functions += 1;
            }
            before = Some(rules);
        }
        Ok(true)
    }
}

/// The records of all tables as text.
#[must_use]
pub fn text(tables: &Tables, most: u64) -> Vec<u8> {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = records(tables, most, &mut |record| {
        symbols::breakpad::write(record, &mut text);
        Ok::<(), io::Error>(())
    });
    text
}
