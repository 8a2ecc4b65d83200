//! From a scanned text to index bytes.

use super::diagnostics::Kind;
use super::error::Unfinished;
use super::extent::{Extent, fill_gaps};
use super::format::{Pair, SECTIONS, Section, SectionRange, Stamp};
use super::publics::{self, symbol_name};
use super::scan::{Scan, scan};
use super::table::{Value, write_table};
use super::writer::Writer;
use crate::breakpad::cfi_lines::block_deltas;
use crate::breakpad::name::OMITTED;
use std::io::{Cursor, Seek, Write};
use vocabulary::ranges::disjoint;
use zerocopy::IntoBytes as _;
use zerocopy::little_endian::U64;

/// Index a text whose modification time is unknown, in memory.
pub(super) fn build(text: &[u8]) -> Vec<u8> {
    scan(text, &mut || true).and_then(|scan| build_in_memory(scan, text, &mut || true)).unwrap_or_default()
}

/// The index of a text that was read, in memory; `None`: `proceed` returned false.
pub(super) fn build_in_memory(scan: Scan, text: &[u8], proceed: Proceed<'_>) -> Option<Vec<u8>> {
    // Writing to memory does not fail.
    build_into(scan, text, 0, Cursor::new(Vec::new()), proceed).map(Cursor::into_inner).ok()
}

/// Write the index of a text that was read.
pub(super) fn build_into<W: Write + Seek>(
    scan: Scan,
    text: &[u8],
    mtime: u64,
    to: W,
    proceed: Proceed<'_>,
) -> Result<W, Unfinished> {
    let (out, table) = write_tables(scan, text, to, proceed)?;
    Ok(out.seal(Stamp { size: text.len() as u64, modified: mtime }, text, table)?)
}

/// Write the index of packed records, which hold their FUNC, PUBLIC, FILE, INLINE_ORIGIN, MODULE and INFO records as
/// lines.
pub(super) fn build_packed_into<W: Write + Seek>(
    scan: Scan,
    packed: &[u8],
    source: Stamp,
    to: W,
    proceed: Proceed<'_>,
) -> Result<W, Unfinished> {
    let (out, table) = write_tables(scan, packed, to, proceed)?;
    Ok(out.seal_packed(source, packed, table)?)
}

/// The index of packed records, without these, in memory; `None`: `proceed` returned false.
pub(super) fn build_packed_apart(scan: Scan, packed: &[u8], proceed: Proceed<'_>) -> Option<Vec<u8>> {
    let (out, table) = write_tables(scan, packed, Cursor::new(Vec::new()), proceed).ok()?;
    // Writing to memory does not fail.
    Some(out.seal(Stamp::default(), packed, table).map(Cursor::into_inner).unwrap_or_default())
}

/// Asked between steps that take long whether to go on.
pub(super) type Proceed<'p> = &'p mut dyn FnMut() -> bool;

/// Write all sections except packed records. `text` is what the offsets of the scan refer to.
fn write_tables<W: Write + Seek>(
    mut scan: Scan,
    text: &[u8],
    to: W,
    proceed: Proceed<'_>,
) -> Result<(Writer<W>, [SectionRange; SECTIONS]), Unfinished> {
    let mut check = || if proceed() { Ok(()) } else { Err(Unfinished::GivenUp) };
    check()?;
    let inits = inits(&mut scan, text);
    check()?;
    let functions = functions(&mut scan, text);
    check()?;
    let points = publics::extents(&mut scan, text, functions.as_they_are(), &inits);
    check()?;

    let mut out = Writer::new(to);
    let mut table = [(0, 0); SECTIONS];
    let mut place = |first: Section, places: &[SectionRange]| {
        for (slot, &at) in table.iter_mut().skip(first as usize).zip(places) {
            *slot = at;
        }
    };

    let records: Vec<U64> = scan.records.iter().take(8).map(|&at| at.into()).collect();
    place(Section::Records, &[out.section(records.as_bytes())]);
    place(Section::SymbolPages, &write_table(|| fill_gaps(&functions.flat, &points), &mut out));
    drop((functions, points));
    check()?;
    place(Section::CfiPages, &write_table(|| inits.iter().copied(), &mut out));
    drop(inits);
    check()?;
    for (first, wins) in [Section::FramePages, Section::FpoPages].into_iter().zip(&mut scan.wins) {
        let wins = disjoint(std::mem::take(wins));
        place(first, &write_table(|| wins.iter().copied(), &mut out));
        check()?;
    }
    scan.deltas.sort_unstable();
    let deltas: Vec<Pair> =
        scan.deltas.iter().map(|&(address, at)| Pair { key: address.into(), offset: at.into() }).collect();
    place(Section::Deltas, &[out.section(deltas.as_bytes())]);
    place(Section::Tails, &[out.section(scan.tails.as_bytes())]);
    check()?;

    let files = std::mem::take(&mut scan.files);
    place(Section::FileIds, &write_ids(files, &mut scan, text, &mut out));
    check()?;
    let origins = std::mem::take(&mut scan.origins);
    place(Section::OriginIds, &write_ids(origins, &mut scan, text, &mut out));

    place(Section::Counts, &[out.section(scan.counts.to_words().as_bytes())]);
    place(Section::Diagnostics, &[out.section(scan.diagnostics.entries().as_bytes())]);
    check()?;
    Ok((out, table))
}

struct Functions {
    /// Sorted by start, if some overlap.
    overlapping: Option<Vec<Extent>>,
    /// Sorted and disjoint.
    flat: Vec<Extent>,
}

impl Functions {
    /// Sorted by start.
    fn as_they_are(&self) -> &[Extent] {
        self.overlapping.as_ref().unwrap_or(&self.flat)
    }
}

fn functions(scan: &mut Scan, text: &[u8]) -> Functions {
    let mut starts = std::mem::take(&mut scan.functions);
    if !starts.is_sorted_by(|a, b| a.start < b.start) {
        starts.sort_unstable_by_key(|f| (f.start, f.end, f.at));
        starts = without_identical(starts, scan, text);
    }
    let mut reached = 0;
    for function in &starts {
        if function.start < reached {
            scan.odd_at(Kind::FuncOverlap, text, function.at & Value::LIMIT);
        }
        reached = reached.max(function.end);
    }
    if starts.windows(2).all(|w| w[0].end <= w[1].start) {
        return Functions { overlapping: None, flat: starts };
    }
    let flat = disjoint(starts.clone());
    Functions { overlapping: Some(starts), flat }
}

/// One FUNC for each range: the first, or if that has no name the first that has one. Linkers fold
/// equal functions; dumpers that do not write `m` then write a record for each name (Mozilla's
/// libmozglue.so has 631 such), and the address is flagged as folded.
fn without_identical(functions: Vec<Extent>, scan: &mut Scan, text: &[u8]) -> Vec<Extent> {
    let mut out: Vec<Extent> = Vec::with_capacity(functions.len());
    // The name of the last one, read once and only on demand: it may be long.
    let mut kept: Option<&[u8]> = None;
    for function in functions {
        match out.last_mut().filter(|last| (last.start, last.end) == (function.start, function.end)) {
            Some(last) => {
                scan.odd_at(Kind::FuncIdentical, text, function.at);
                let name = *kept.get_or_insert_with(|| symbol_name(text, last.at & Value::LIMIT));
                let other = symbol_name(text, function.at);
                if is_omitted(name) && !is_omitted(other) {
                    *last = function;
                    kept = Some(other);
                } else if name != other && !is_omitted(other) {
                    last.at |= Value::FLAG;
                }
            }
            None => {
                out.push(function);
                kept = None;
            }
        }
    }
    out
}

/// Whether a name is missing: Breakpad's dumper writes `<name omitted>` for an unknown one.
fn is_omitted(name: &[u8]) -> bool {
    name.is_empty() || name == OMITTED.as_bytes()
}

/// The INIT records, flattened. Where they overlap, the deltas of all of them count for each, so they
/// go to the side table too.
fn inits(scan: &mut Scan, text: &[u8]) -> Vec<Extent> {
    let mut inits = std::mem::take(&mut scan.inits);
    if inits.windows(2).all(|w| w[0].end <= w[1].start) {
        return inits;
    }
    inits.sort_unstable_by_key(|init| (init.start, init.at));
    let mut first = 0;
    while let Some(head) = inits.get(first) {
        let mut end = head.end;
        let mut past = first + 1;
        while let Some(next) = inits.get(past).filter(|next| next.start < end) {
            end = end.max(next.end);
            past += 1;
        }
        if past - first > 1 {
            for init in inits.get(first..past).unwrap_or_default() {
                let deltas = block_deltas(text, init.at).filter(|d| (init.start..init.end).contains(&d.address));
                scan.deltas.extend(deltas.map(|delta| (delta.address, delta.offset)));
            }
        }
        first = past;
    }
    disjoint(inits)
}

/// Ids and offsets as two sections, sorted by id; the first of each id counts.
fn write_ids<W: Write + Seek>(
    mut ids: Vec<(u32, u64)>,
    scan: &mut Scan,
    text: &[u8],
    out: &mut Writer<W>,
) -> [SectionRange; 2] {
    if !ids.is_sorted_by(|a, b| a.0 < b.0) {
        ids.sort_unstable();
        let twice: Vec<u64> = ids.windows(2).filter(|w| w[0].0 == w[1].0).map(|w| w[1].1).collect();
        for at in twice {
            scan.odd_at(Kind::IdTwice, text, at);
        }
        ids.dedup_by_key(|id| id.0);
    }
    let begin = out.begin();
    ids.iter().for_each(|id| out.put(&id.0.to_le_bytes()));
    let numbers = out.end(begin);
    let begin = out.begin();
    ids.iter().for_each(|id| out.put(Value::new(id.1).as_bytes()));
    [numbers, out.end(begin)]
}
