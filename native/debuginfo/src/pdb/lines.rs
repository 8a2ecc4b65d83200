//! The line records of a module (C13): rows, files, and where inlined functions begin.
//!
//! Layout: `DEBUG_S_*` of `cvinfo.h` in `microsoft-pdb`.

use super::scopes::Call;
use super::sections::{Owners, Sections};
use crate::dwarf::{NO_FILE, Row};
use crate::fields::{Fields, aligned};
use crate::numbering::ByNumber;
use crate::wanted::Wanted;

/// Kinds of subsections. One with the highest bit is to be ignored.
const LINES: u32 = 0xf2;
const FILES: u32 = 0xf4;
const INLINEES: u32 = 0xf6;
const IMPORTS: u32 = 0xf7;
const EXPORTS: u32 = 0xf8;

/// Line numbers that mark code of no line: a debugger steps over it, or into what it calls. The line before goes on there,
/// as in the readers of other projects.
const STEP_OVER: u32 = 0xfe_efee;
const STEP_INTO: u32 = 0xf0_0f00;

/// The function of an inlined call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inlinee {
    /// Offset of its file's entry.
    pub(super) file: u32,
    /// The line where it begins.
    pub(super) line: u32,
}

/// What a module says of lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Files: the offset by which rows refer to one, and the offset of its path among the strings of the PDB.
    files: Vec<(u32, u32)>,
    /// By address, each at its own; files are indices of `files`.
    pub(super) rows: Vec<Row>,
    /// By the numbers of their id records, as the module spells them. The first of a number counts.
    inlinees: ByNumber<u32, Inlinee>,
    /// A subsection is damaged.
    pub(super) is_damaged: bool,
}

impl Lines {
    /// Read the subsections of a module, by its number. `bytes` are those after its symbols. If only some addresses are
    /// `wanted`, the rows of code that has one, and the inlined functions of these `calls`.
    pub(super) fn of(
        bytes: &[u8],
        module: u16,
        sections: &Sections,
        wanted: Option<&Wanted>,
        calls: &[Call<'_>],
    ) -> Self {
        let mut ids: Vec<u32> = Vec::new();
        if wanted.is_some() {
            ids.extend(calls.iter().map(|call| call.site.inlinee));
            ids.sort_unstable();
        }
        // Most ids are of calls in other functions: bits by their lowest digits say so for nearly all.
        let mut some = [0u64; 64];
        let bit = |id: u32| (id as usize / 64 % 64, 1u64 << (id % 64));
        for &id in &ids {
            let (word, bit) = bit(id);
            some[word] |= bit;
        }
        let is_needed = |id: u32| {
            let (word, bit) = bit(id);
            wanted.is_none() || some[word] & bit != 0 && ids.binary_search(&id).is_ok()
        };
        let mut lines = Self::default();
        for (_, files) in subsections(bytes).filter(|&(kind, _)| kind == FILES) {
            lines.files(files);
        }
        let mut sequences = Vec::new();
        let mut owners = sections.owners();
        for (kind, part) in subsections(bytes) {
            let read = match kind {
                LINES => lines.sequence(Fields(part), (module, sections, wanted), &mut owners, &mut sequences),
                INLINEES => lines.inlinees(Fields(part), is_needed),
                _ => Some(()),
            };
            lines.is_damaged |= read.is_none();
        }
        lines.in_order(sequences);
        lines
    }

    /// The paths of the files, as offsets among the strings of the PDB.
    pub(super) fn paths(&self) -> impl Iterator<Item = u32> + '_ {
        self.files.iter().map(|file| file.1)
    }

    /// The index of a file; [`NO_FILE`] if no file is at this offset.
    pub(super) fn file(&self, offset: u32) -> u32 {
        let found = self.files.binary_search_by_key(&offset, |file| file.0);
        found.ok().and_then(|index| u32::try_from(index).ok()).unwrap_or(NO_FILE)
    }

    /// An inlined function.
    pub(super) fn inlinee(&self, id: u32) -> Option<Inlinee> {
        self.inlinees.get(&id).copied()
    }

    /// `offset of the path` in 4 bytes, `bytes of a checksum` and `kind` in 1 each, the checksum.
    fn files(&mut self, part: &[u8]) {
        let all = Fields(part);
        let mut at = 0;
        while let (Some(path), Some(length)) = (all.u32(at), all.u8(at + 4)) {
            self.files.push((u32::try_from(at).unwrap_or(u32::MAX), path));
            at = aligned(at + 6 + usize::from(length));
        }
        self.files.sort_by_key(|file| file.0);
    }

    /// `offset` in 4 bytes, `section, flags` in 2 each, `size` in 4; then for each file a block.
    fn sequence(
        &mut self,
        part: Fields<'_>,
        (module, sections, wanted): (u16, &Sections, Option<&Wanted>),
        owners: &mut Owners<'_>,
        sequences: &mut Vec<Sequence>,
    ) -> Option<()> {
        let (offset, section, size) = (part.u32(0)?, part.u16(4)?, part.u32(8)?);
        let Some((start, end)) = sections.range(section, offset, size) else { return Some(()) };
        let is_wanted = wanted.is_none_or(|wanted| wanted.are_in(&[(start, end)]));
        if !is_wanted || !owners.is_of(module, section, offset) {
            return Some(());
        }
        let first = self.rows.len();
        let mut at = 12;
        let mut whole = Some(());
        while at < part.0.len() {
            // `file, count, bytes of the block` in 4 bytes each.
            let head = part.u32(at).zip(part.size(at + 4)).zip(part.size(at + 8));
            let Some(((file, count), length)) = head.filter(|&(_, length)| length >= 12) else {
                whole = None;
                break;
            };
            let rows = count.checked_mul(8).and_then(|bytes| part.bytes(at + 12, bytes));
            let Some(rows) = rows.filter(|rows| rows.len() + 12 <= length) else {
                whole = None;
                break;
            };
            let file = self.file(file);
            for row in rows.as_chunks::<8>().0 {
                let row = Fields(row);
                let (Some(offset), Some(flags)) = (row.u32(0), row.u32(4)) else { break };
                let (address, line) = (start + u64::from(offset), flags & 0xff_ffff);
                if address < end && line != STEP_OVER && line != STEP_INTO {
                    self.rows.push(Row { address, file, line });
                }
            }
            at = at.saturating_add(length);
        }
        let run = self.rows.get_mut(first..).unwrap_or_default();
        if !run.is_sorted_by_key(|row| row.address) {
            run.sort_by_key(|row| row.address);
        }
        if let Some(from) = run.first().map(|row| row.address) {
            self.rows.push(Row { address: end, file: NO_FILE, line: 0 });
            sequences.push(Sequence { first, end: self.rows.len(), start: from });
        }
        whole
    }

    /// Of each function its id, its file and its line, in 4 bytes each; in one of the two forms then more files.
    fn inlinees(&mut self, part: Fields<'_>, is_needed: impl Fn(u32) -> bool) -> Option<()> {
        let has_more = part.u32(0)? != 0;
        let mut at = 4;
        while at < part.0.len() {
            let (id, file, line) = (part.u32(at)?, part.u32(at + 4)?, part.u32(at + 8)?);
            if is_needed(id) {
                self.inlinees.entry(id).or_insert(Inlinee { file, line });
            }
            at += 12;
            if has_more {
                at = at.checked_add(4)?.checked_add(part.size(at)?.checked_mul(4)?)?;
            }
        }
        Some(())
    }

    /// Put the rows in the order of their addresses. Where sequences overlap, the one that begins first has the code.
    fn in_order(&mut self, mut sequences: Vec<Sequence>) {
        sequences.sort_by_key(|sequence| sequence.start);
        let mut rows: Vec<Row> = Vec::with_capacity(self.rows.len());
        for sequence in sequences {
            let run = self.rows.get(sequence.first..sequence.end).unwrap_or_default();
            let limit = rows.last().map_or(0, |row| row.address);
            let from = run.partition_point(|row| row.address < limit);
            if from > 0 && from + 1 >= run.len() {
                continue;
            }
            // The end of the one before gives way to a beginning at the same address.
            if rows.last().is_some_and(|row| run.get(from).is_some_and(|first| first.address == row.address)) {
                rows.pop();
            }
            for row in run.get(from..).unwrap_or_default() {
                match rows.last_mut() {
                    // Of several rows at an address the last one counts.
                    Some(last) if last.address == row.address => *last = *row,
                    Some(last) if (last.file, last.line) == (row.file, row.line) => {}
                    _ => rows.push(*row),
                }
            }
        }
        self.rows = rows;
    }
}

/// Rows of contiguous code.
#[derive(Clone, Copy)]
struct Sequence {
    first: usize,
    end: usize,
    start: u64,
}

/// The subsections of a module: kind and contents. The list ends with damage.
pub(super) fn subsections(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let all = Fields(bytes);
    let mut at = 0;
    std::iter::from_fn(move || {
        let (kind, length) = (all.u32(at)?, all.size(at + 4)?);
        let part = all.bytes(at + 8, length)?;
        at = aligned(at + 8 + length);
        Some((kind, part))
    })
}

/// Whether a module has inlined functions.
pub(super) fn has_inlinees(bytes: &[u8]) -> bool {
    subsections(bytes).any(|(kind, part)| kind == INLINEES && part.len() > 4)
}

/// Ids of other modules: for each module the offset of its name among the strings of the PDB, and its ids.
pub(super) fn imports(bytes: &[u8]) -> Vec<(u32, Vec<u32>)> {
    let mut found = Vec::new();
    for (_, part) in subsections(bytes).filter(|&(kind, _)| kind == IMPORTS) {
        let part = Fields(part);
        let mut at = 0;
        while let (Some(name), Some(count)) = (part.u32(at), part.size(at + 4)) {
            let ids = count.checked_mul(4).and_then(|bytes| part.bytes(at + 8, bytes)).unwrap_or_default();
            found.push((name, ids.as_chunks::<4>().0.iter().map(|id| u32::from_le_bytes(*id)).collect()));
            at = at.saturating_add(8).saturating_add(count.saturating_mul(4));
        }
    }
    found
}

/// Ids that a module gives to others: the number that they use, and the number of the record; by the former.
pub(super) fn exports(bytes: &[u8]) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    for (_, part) in subsections(bytes).filter(|&(kind, _)| kind == EXPORTS) {
        found.extend(part.as_chunks::<8>().0.iter().filter_map(|pair| Fields(pair).u32(0).zip(Fields(pair).u32(4))));
    }
    found.sort_unstable();
    found
}
