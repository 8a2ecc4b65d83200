//! All functions of a table, each with its rules from address to address.

use vocabulary::Arch;

use super::rules::Rules;
use crate::compact::{self, Encoded, Index};
use crate::format::Section;
use crate::image::Image as _;
use crate::kind::Kind;
use crate::pdata::{self, Step};
use crate::tables::Tables;

/// Rules from an address on, relative to the image's base; `None`: none that can be written.
pub(super) type Rows = Vec<(u64, Option<Rules>)>;

/// A function.
pub(super) struct Function<'f> {
    pub(super) begin: u64,
    pub(super) end: u64,
    /// Bytes that are read for its rules once, and for each of its rows.
    pub(super) work: (u64, u64),
    /// Its rules, if they take no more than so many bytes of work. `None`: they are damaged.
    pub(super) rows: &'f dyn Fn(u64) -> Option<Rows>,
}

/// Give `each` the functions of a table, sorted by address and without overlaps as far as the table is, until it says `false`.
pub(super) fn functions(tables: &Tables, section: &Section, each: &mut dyn FnMut(Function<'_>) -> bool) {
    let bytes = section.bytes(tables.whole());
    match (section.kind, tables.arch()) {
        (Kind::Pdata, Arch::Amd64) => pdata_x64(tables, bytes, each),
        (Kind::Pdata, Arch::Arm64) => pdata_arm64(tables, bytes, each),
        (Kind::UnwindInfo, _) => unwind_info(tables, bytes, each),
        (Kind::EhFrame | Kind::DebugFrame, _) => frames(tables, section, each),
        (Kind::Exidx, _) => exidx(tables, each),
        _ => {}
    }
}

fn of_step(step: Option<Step>) -> Option<Rules> {
    match step? {
        Step::Row(row) => Some(Rules::of(&row)),
        Step::Special(..) => None,
    }
}

fn pdata_x64(tables: &Tables, bytes: &[u8], each: &mut dyn FnMut(Function<'_>) -> bool) {
    for function in pdata::x64::Functions::new(bytes).iter() {
        let begin = u64::from(function.begin);
        let size = pdata::x64::size(tables, function) as u64;
        let rows = |most: u64| {
            let changes = pdata::x64::changes(tables, function)?;
            if (changes.len() as u64).saturating_mul(size) > most {
                return None;
            }
            let row = |offset: &u8| {
                let step = pdata::x64::step(tables, function, u32::from(*offset));
                (begin + u64::from(*offset), of_step(step))
            };
            Some(changes.iter().map(row).collect())
        };
        let work = (size.saturating_add(12), size);
        if !each(Function { begin, end: function.end.into(), work, rows: &rows }) {
            break;
        }
    }
}

fn pdata_arm64(tables: &Tables, bytes: &[u8], each: &mut dyn FnMut(Function<'_>) -> bool) {
    for function in pdata::arm64::Functions::new(bytes).iter() {
        let begin = u64::from(function.begin);
        let Some(length) = pdata::arm64::length(tables, function) else { continue };
        let size = pdata::arm64::size(tables, function) as u64;
        let rows = |most: u64| {
            let changes = pdata::arm64::changes(tables, function);
            if (changes.len() as u64).saturating_mul(size) > most {
                return None;
            }
            let row = |offset: &u32| {
                let step = pdata::arm64::step(tables, function, *offset, pdata::arm64::At::Any);
                (begin + u64::from(*offset), of_step(step))
            };
            Some(changes.iter().map(row).collect())
        };
        let work = (size.saturating_add(8), size);
        if !each(Function { begin, end: begin + u64::from(length) * 4, work, rows: &rows }) {
            break;
        }
    }
}

fn unwind_info(tables: &Tables, bytes: &[u8], each: &mut dyn FnMut(Function<'_>) -> bool) {
    let Some(index) = Index::new(bytes) else { return };
    for mut function in index.iter() {
        let (begin, end) = (u64::from(function.begin), u64::from(function.end));
        if let Some(start) = tables.function_start(begin).and_then(|start| u32::try_from(start).ok()) {
            function.begin = function.begin.max(start);
        }
        let row = match compact::encoded(tables.arch(), tables, function) {
            Some(Encoded::Row(row)) => Some(row),
            _ => None,
        };
        let rows = |_: u64| Some(vec![(begin, row.as_ref().map(Rules::of))]);
        // Without rules nothing is written, but it was read.
        let end = if row.is_some() { end } else { begin };
        if !each(Function { begin, end, work: (8, 0), rows: &rows }) {
            break;
        }
    }
}

fn frames(tables: &Tables, section: &Section, each: &mut dyn FnMut(Function<'_>) -> bool) {
    let Some(table) = tables.dwarf(section) else { return };
    let mut last_end = 0;
    for entry in table.entries(tables.whole()) {
        // Entries of functions that the linker left out are at the beginning of the image, or overlap others.
        if entry.begin() == 0 || entry.begin() < last_end {
            continue;
        }
        let rows = |_: u64| entry.rows();
        if !each(Function { begin: entry.begin(), end: entry.end(), work: (entry.size(), 0), rows: &rows }) {
            break;
        }
        last_end = entry.end();
    }
}

fn exidx(tables: &Tables, each: &mut dyn FnMut(Function<'_>) -> bool) {
    let Some(table) = tables.exidx() else { return };
    for (begin, end, row) in table.rows(tables.whole()) {
        let Some(row) = row else { continue };
        // The last function reaches to the end of its code.
        let code = || tables.bytes_from(begin).map_or(begin, |code| begin + code.len() as u64);
        let end = if end == begin { code() } else { end };
        let rows = |_: u64| Some(vec![(begin, Some(Rules::of(&row)))]);
        if !each(Function { begin, end, work: (16, 0), rows: &rows }) {
            break;
        }
    }
}
