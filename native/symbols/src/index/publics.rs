//! How far symbols without a size reach.

use super::diagnostics::Kind;
use super::extent::Extent;
use super::module;
use super::scan::{Point, Scan};
use super::table::Value;
use crate::breakpad::lines::line_at;
use crate::breakpad::{Record, parse};

/// Unwind records this close to each other are one run of code: the gap is padding.
const RUN_GAP: u64 = 16;
/// A record that begins within this distance after a symbol that no record covers belongs to the symbol.
const OWN_START: u64 = 64;
/// The extent of the last symbol of a file if nothing bounds it.
const LAST_EXTENT: u64 = 64 << 10;
/// The same where the file has unwind records, but not here: only stubs written in assembly, such as
/// `_fini`. In a statically linked program the constants that follow it were named `_fini` 28 KiB on.
const LAST_STUB: u64 = 256;
/// The extent of `_fini`, which has a few instructions and is followed by constants in every ELF file.
const LAST_FINI: u64 = 32;

/// Extents of the PUBLICs and of the FUNCs of size 0, sorted and disjoint.
///
/// Breakpad lets a PUBLIC reach to the next symbol whatever lies between, so that the last one
/// swallows data and other modules' padding. Unwind records show where code is: a symbol inside a run
/// of them ends with the run, a symbol outside ends where the next begins.
///
/// `functions` and `inits` are sorted by start.
pub(super) fn extents(scan: &mut Scan, text: &[u8], functions: &[Extent], inits: &[Extent]) -> Vec<Extent> {
    let points = distinct(scan, text);
    let mut out: Vec<Extent> = Vec::with_capacity(points.len());
    let mut next_function = functions.iter().map(|f| f.start).peekable();
    let mut runs = Runs { inits, next: 0, run: None };
    for (i, point) in points.iter().enumerate() {
        let mut named = false;
        while let Some(start) = next_function.next_if(|&start| start <= point.start) {
            named = start == point.start;
        }
        if named {
            // The FUNC gives the extent; the PUBLIC names nothing past its end.
            continue;
        }
        let mut end = next_function.peek().copied().unwrap_or(u64::MAX);
        if let Some(next) = points.get(i + 1) {
            end = end.min(next.start);
        }
        end = end.min(runs.bound(point.start));
        if end == u64::MAX {
            end = point.start.saturating_add(match symbol_name(text, point.at & Value::LIMIT) {
                b"_fini" => LAST_FINI,
                _ if inits.is_empty() => LAST_EXTENT,
                _ => LAST_STUB,
            });
        }
        if end > point.start {
            out.push(Extent { start: point.start, end, at: point.at });
        }
    }
    out
}

/// Sorted points, one an address: PUBLIC before a FUNC of size 0, else the first in the file, or the first with a name.
fn distinct(scan: &mut Scan, text: &[u8]) -> Vec<Point> {
    let mut points = std::mem::take(&mut scan.points);
    if is_arm(scan, text) {
        points.iter_mut().for_each(|p| p.start &= !1);
    }
    if !points.is_sorted_by(|a, b| a.start < b.start) {
        points.sort_unstable_by_key(|p| (p.start, !p.is_public, p.at));
    }
    let mut out: Vec<Point> = Vec::with_capacity(points.len());
    // The name of the last one, read once and only on demand: it may be long.
    let mut kept: Option<&[u8]> = None;
    for point in points {
        match out.last_mut() {
            Some(last) if last.start == point.start => {
                if point.is_public {
                    scan.odd_at(Kind::PublicDuplicate, text, point.at);
                }
                let name = *kept.get_or_insert_with(|| symbol_name(text, last.at & Value::LIMIT));
                let other = symbol_name(text, point.at);
                if name.is_empty() && !other.is_empty() {
                    *last = point;
                    kept = Some(other);
                } else if name != other && !other.is_empty() {
                    last.at |= Value::FLAG;
                }
            }
            _ => {
                out.push(point);
                kept = None;
            }
        }
    }
    out
}

/// The name of the FUNC or PUBLIC record at an offset.
pub(super) fn symbol_name(text: &[u8], at: u64) -> &[u8] {
    match parse(line_at(text, at)) {
        Ok(Some(Record::Public(public))) => public.name,
        Ok(Some(Record::Func(func))) => func.name,
        _ => &[],
    }
}

/// Whether the text is of 32-bit ARM code: dump_syms gives PUBLICs in Thumb code the odd address of the ELF symbol.
fn is_arm(scan: &Scan, text: &[u8]) -> bool {
    module::read(text, scan.records.iter().copied()).is_some_and(|m| m.is_arm())
}

/// Runs of INIT records, walked along with rising addresses.
struct Runs<'a> {
    inits: &'a [Extent],
    next: usize,
    /// The run being walked.
    run: Option<(u64, u64)>,
}

impl Runs<'_> {
    /// Where a symbol at `start` must end according to unwind records.
    fn bound(&mut self, start: u64) -> u64 {
        while self.run.is_none_or(|(_, end)| end <= start) {
            let Some(first) = self.inits.get(self.next) else { return u64::MAX };
            self.next += 1;
            let mut end = first.end;
            while let Some(next) = self.inits.get(self.next).filter(|next| next.start <= end.saturating_add(RUN_GAP)) {
                end = end.max(next.end);
                self.next += 1;
            }
            self.run = Some((first.start, end));
        }
        let Some((first, end)) = self.run else { return u64::MAX };
        if first <= start && covered(self.inits, start) {
            return end;
        }
        // glibc's `clone3` has rules only after its first 33 bytes.
        let next = if first > start { first } else { next_start(self.inits, start) };
        if next - start <= OWN_START { end } else { next }
    }
}

/// Whether some record covers the address. `inits` is disjoint and sorted.
fn covered(inits: &[Extent], address: u64) -> bool {
    let after = inits.partition_point(|init| init.start <= address);
    after.checked_sub(1).and_then(|i| inits.get(i)).is_some_and(|init| address < init.end)
}

fn next_start(inits: &[Extent], address: u64) -> u64 {
    let after = inits.partition_point(|init| init.start <= address);
    inits.get(after).map_or(u64::MAX, |init| init.start)
}
