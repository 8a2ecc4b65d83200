//! The line program of a unit, run into rows.

use gimli::{IncompleteLineProgram, LineProgramHeader};

use super::Reader;
use super::line_loop::{End, LAST_FILE, Receive, effects, run};
use super::sequence_starts::parts;
use super::units::{Unit, Units};
use crate::image::Image;
use crate::limits;
use crate::wanted::Wanted;

/// No file: a row with it ends the code before it.
pub(crate) const NO_FILE: u32 = u32::MAX;

/// The start of a line, which extends to the next row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Relative to the image's base.
    pub(crate) address: u64,
    /// Number of the file in the line program's header; [`NO_FILE`]: no code from here on.
    pub(crate) file: u32,
    /// 0: no particular line.
    pub(crate) line: u32,
}

/// A run of rows that belong together.
#[derive(Clone, Copy)]
struct Sequence {
    /// Its first address, and the one after its last, relative to the image's base.
    start: u64,
    end: u64,
    /// Its rows.
    rows: (usize, usize),
}

/// The rows of a line program.
#[derive(Default)]
pub(super) struct Rows {
    /// By address, each at its own.
    pub(super) rows: Vec<Row>,
    /// The program is damaged; the rows before that are there.
    pub(super) faults: u64,
    /// The program has more rows than any real one of its size; the rows before that are there.
    pub(super) excess: u64,
}

/// Run the line program of a unit; if only some addresses are `wanted`, for the rows that have one of them. If the program need
/// have rows for no others of these than the `needed` ones, only their sequences are run. `files` receives the rows and the header
/// with the files, which is not stored because it may be as long as the program.
pub(super) fn rows<'d>(
    units: &Units<'d>,
    unit: &Unit<'d>,
    image: &Image<'_>,
    wanted: Option<&Wanted>,
    needed: &[u64],
    files: impl FnOnce(&LineProgramHeader<Reader<'d>>, &[Row]),
) -> Rows {
    let Some(offset) = unit.lines else { return Rows::default() };
    if !may_be_read(image.section(".debug_line").get(offset.0..).unwrap_or_default(), unit.line_bytes) {
        return Rows { excess: 1, ..Rows::default() };
    }
    let (directory, name) = (unit.unit.comp_dir, unit.unit.name);
    let size = unit.unit.header.address_size();
    let Ok(program) = units.of_image().debug_line.program(offset, size, directory, name) else {
        return Rows { faults: 1, ..Rows::default() };
    };
    let most = limits::rows(unit.line_bytes);
    if let Some(wanted) = wanted.filter(|_| !needed.is_empty())
        && let Some(rows) = of_some_sequences(program.header(), image, most, wanted, needed)
    {
        files(program.header(), &rows);
        return Rows { rows, ..Rows::default() };
    }
    let (mut all, mut end) = sequences(program.header(), image, most, wanted);
    if all.needs_all() {
        (all, end) = sequences(program.header(), image, most, None);
    }
    let (faults, excess) = match end {
        End::Whole => (0, 0),
        End::Damaged => (1, 0),
        End::Stopped => (0, 1),
        End::Unusual => return by_gimli(program, image, wanted, most, files),
    };
    let rows = only(all.in_order(), wanted);
    files(program.header(), &rows);
    Rows { rows, faults, excess }
}

fn sequences<'i>(
    header: &LineProgramHeader<Reader<'_>>,
    image: &'i Image<'i>,
    most: u64,
    wanted: Option<&'i Wanted>,
) -> (Sequences<'i>, End) {
    let mut all = Sequences::of(image, most, wanted);
    let end = run(header, &effects(header), header.raw_program_buf().slice(), &mut all);
    (all, end)
}

/// The rows of some wanted addresses, which are sorted, from their sequences alone. `None`: one of them has no row in these, or the
/// sequences are not usual ones.
fn of_some_sequences(
    header: &LineProgramHeader<Reader<'_>>,
    image: &Image<'_>,
    most: u64,
    wanted: &Wanted,
    needed: &[u64],
) -> Option<Vec<Row>> {
    if !image.placed.is_empty() {
        return None;
    }
    let effects = effects(header);
    let addresses: Vec<u64> = needed.iter().map(|address| address.saturating_add(image.base)).collect();
    let mut all = Sequences::of(image, most, Some(wanted));
    for part in parts(header.raw_program_buf().slice(), header.address_size(), &addresses) {
        all.last_needed = part.last;
        match run(header, &effects, part.program, &mut all) {
            // After the last row that is needed.
            End::Whole | End::Stopped => all.abandon(),
            End::Damaged | End::Unusual => return None,
        }
    }
    if all.needs_all() {
        return None;
    }
    let rows = only(all.in_order(), Some(wanted));
    let has_row = |address: &u64| {
        let before = rows.partition_point(|row| row.address <= *address).checked_sub(1);
        before.and_then(|at| rows.get(at)).is_some_and(|row| row.file != NO_FILE)
    };
    needed.iter().all(has_row).then_some(rows)
}

/// Run a line program that has instructions which compilers do not write any more.
fn by_gimli<'d>(
    program: IncompleteLineProgram<Reader<'d>>,
    image: &Image<'_>,
    wanted: Option<&Wanted>,
    most: u64,
    files: impl FnOnce(&LineProgramHeader<Reader<'d>>, &[Row]),
) -> Rows {
    let mut run = program.rows();
    let mut all = Sequences::of(image, most, None);
    let (mut faults, mut excess) = (0, 0);
    loop {
        match run.next_row() {
            Ok(Some((_, row))) => {
                let more = if row.end_sequence() {
                    all.end_sequence(row.address())
                } else {
                    let file = u32::try_from(row.file_index()).map_or(LAST_FILE, |file| file.min(LAST_FILE));
                    let line = row.line().map_or(0, |line| u32::try_from(line.get()).unwrap_or(0));
                    all.row(row.address(), file, line)
                };
                if !more {
                    excess = 1;
                    break;
                }
            }
            Ok(None) => break,
            Err(_) => {
                faults = 1;
                break;
            }
        }
    }
    let rows = only(all.in_order(), wanted);
    files(run.header(), &rows);
    Rows { rows, faults, excess }
}

/// The rows that have a wanted address, each up to where the next began.
fn only(rows: Vec<Row>, wanted: Option<&Wanted>) -> Vec<Row> {
    let Some(wanted) = wanted else { return rows };
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return rows };
    let mut some: Vec<Row> = Vec::new();
    for &address in wanted.within(first.address, last.address) {
        let next = rows.partition_point(|row| row.address <= address);
        if let (Some(&row), Some(&after)) = (rows.get(next.wrapping_sub(1)), rows.get(next)) {
            match some.last_mut() {
                // The row of the address before, or the end of that row.
                Some(end) if end.address > row.address => continue,
                Some(end) if end.address == row.address => *end = row,
                _ => some.push(row),
            }
            some.push(Row { file: NO_FILE, line: 0, ..after });
        }
    }
    some
}

/// Whether a line program of so many bytes has no more files than real ones: in memory they take twenty times as much.
fn may_be_read(program: &[u8], bytes: u64) -> bool {
    let program = usize::try_from(bytes).ok().and_then(|bytes| program.get(..bytes)).unwrap_or(program);
    // A file takes 4 bytes and more in the header. Between rows it is 0, a length, 3, and at least 5 bytes; other things look
    // like that, too, but few of them.
    let defined = || program.windows(3).filter(|bytes| bytes[0] == 0 && bytes[2] == 3).count();
    header_length(program).is_some_and(|length| length <= limits::LINE_HEADER)
        && (program.len() / 8 <= limits::FILES || defined() <= limits::FILES)
}

/// The bytes of a line program's header behind this number.
fn header_length(program: &[u8]) -> Option<u64> {
    let long = program.starts_with(&u32::MAX.to_le_bytes());
    let (version, after) = program.get(if long { 12 } else { 4 }..)?.split_first_chunk::<2>()?;
    // Version 5 has the sizes of addresses and of segments here.
    let length = after.get(if u16::from_le_bytes(*version) >= 5 { 2 } else { 0 }..)?;
    if long {
        length.first_chunk().map(|length| u64::from_le_bytes(*length))
    } else {
        length.first_chunk().map(|length| u32::from_le_bytes(*length).into())
    }
}

struct Sequences<'i> {
    image: &'i Image<'i>,
    /// `Some`: only rows that have one of these addresses are kept, and where each of them ends.
    wanted: Option<&'i Wanted>,
    rows: Vec<Row>,
    sequences: Vec<Sequence>,
    /// Where the sequence that is being read begins.
    first: usize,
    /// The address of its first row.
    start: u64,
    /// The address and the place of its last row, which is not among the rows yet; [`NO_ROW`]: it has none. Two numbers, since
    /// a copy of three fields as one value waits until each of them is stored.
    last: (u64, u64),
    /// The first wanted address of its last row or after it, as the program counts addresses; 0: all are wanted.
    next: u64,
    /// The last address that is needed of the sequence, as the program counts addresses: there the program may end.
    last_needed: u64,
    /// Whether its addresses only grow.
    sorted: bool,
    /// How many rows there would be if all were kept, those of the sequence that is being read included, and without these.
    count: u64,
    count_before: u64,
    /// How many there may be, and before that up to how many until the next look at the clock.
    limit: u64,
    most: u64,
    /// Rows that were not kept may matter: addresses are not sorted, or sequences overlap.
    is_odd: bool,
}

/// Rows between two looks at the clock: some milliseconds.
const LOOK: u64 = 1 << 20;

/// No row: it is at no address before another one's.
const NO_ROW: (u64, u64) = (u64::MAX, u64::MAX);

/// File and line as one number.
#[inline(always)]
const fn place(file: u32, line: u32) -> u64 {
    (file as u64) << 32 | line as u64
}

/// A row from its address and its place.
#[inline(always)]
const fn row_of((address, place): (u64, u64)) -> Row {
    Row { address, file: (place >> 32) as u32, line: place as u32 }
}

impl Receive for Sequences<'_> {
    #[inline(always)]
    fn row(&mut self, address: u64, file: u32, line: u32) -> bool {
        let (last, last_place) = self.last;
        let place = place(file, line);
        // Of several rows at an address the last one counts, and rows of one place are one.
        if address >= last && address <= self.next && self.count < self.most {
            // No row up to here is kept. What the processor cannot guess is computed.
            let is_new = place != last_place;
            self.count += u64::from(is_new & (address != last));
            self.last = (if is_new { address } else { last }, place);
            return true;
        }
        if address >= last {
            if place == last_place {
                return true;
            }
            if address == last {
                self.last.1 = place;
                return true;
            }
            if self.count < self.most && self.wanted.is_none() {
                self.rows.push(row_of((last, last_place)));
                self.count += 1;
                self.last = (address, place);
                return true;
            }
        }
        self.other_row(address, place)
    }

    fn end_sequence(&mut self, address: u64) -> bool {
        self.end(address);
        true
    }
}

impl<'i> Sequences<'i> {
    fn of(image: &'i Image<'i>, most: u64, wanted: Option<&'i Wanted>) -> Self {
        // Rows of an object file are at other addresses in the image.
        let wanted = if image.placed.is_empty() { wanted } else { None };
        Self {
            image,
            wanted,
            rows: Vec::new(),
            sequences: Vec::new(),
            first: 0,
            start: 0,
            last: NO_ROW,
            next: 0,
            last_needed: u64::MAX,
            sorted: true,
            count: 0,
            count_before: 0,
            limit: most,
            most: most.min(LOOK),
            is_odd: false,
        }
    }

    /// Take in a row that is the first of its sequence, or before the last one, or follows one with a wanted address; `false`:
    /// there are as many as are allowed, or the time of the image is over.
    #[inline(never)]
    fn other_row(&mut self, address: u64, place: u64) -> bool {
        if self.count >= self.most {
            if self.count < self.limit && !self.image.deadline.is_over() {
                self.most = self.limit.min(self.count + LOOK);
                return self.row(address, (place >> 32) as u32, place as u32);
            }
            self.end(address);
            return false;
        }
        if self.last == NO_ROW {
            self.start = address;
            self.next = self.next_wanted(address);
        } else {
            self.sorted &= self.last.0 < address;
            self.keep_last(address);
            if self.next > self.last_needed {
                self.end(address);
                return false;
            }
        }
        self.count += 1;
        self.last = (address, place);
        true
    }

    /// The first wanted address from one on, as the program counts addresses; the largest number if no wanted address follows, 0 if
    /// all are wanted.
    fn next_wanted(&self, address: u64) -> u64 {
        let (base, Some(wanted)) = (self.image.base, self.wanted) else { return 0 };
        let next = wanted.next_from(address.saturating_sub(base));
        next.map_or(u64::MAX, |next| next.saturating_add(base))
    }

    /// The last row ends at an address. It is kept if it has a wanted address, and then so is its end.
    fn keep_last(&mut self, end: u64) {
        let last = row_of(self.last);
        if self.wanted.is_none() {
            self.rows.push(last);
        } else if self.next < end {
            // It takes the place of the end of the row before.
            let before = self.rows.get(self.first..).unwrap_or_default().last();
            if before.is_some_and(|before| before.address == last.address) {
                self.rows.pop();
            }
            self.rows.extend([last, Row { address: end, file: NO_FILE, line: 0 }]);
            self.next = self.next_wanted(end);
        }
    }

    /// Whether all rows are needed, and some were not kept.
    fn needs_all(&mut self) -> bool {
        if self.wanted.is_none() {
            return false;
        }
        self.sort();
        self.is_odd || self.sequences.windows(2).any(|pair| pair[0].end > pair[1].start)
    }

    fn sort(&mut self) {
        if !self.sequences.is_sorted_by_key(|sequence| sequence.start) {
            // Those of one address stay in the order of the program.
            self.sequences.sort_unstable_by_key(|sequence| (sequence.start, sequence.rows.0));
        }
    }

    fn end(&mut self, end: u64) {
        if self.last == NO_ROW {
            return;
        }
        self.is_odd |= !self.sorted;
        self.keep_last(end);
        let mut last = std::mem::replace(&mut self.last, NO_ROW).0;
        let first = self.first;
        let run = self.rows.get_mut(first..).unwrap_or_default();
        if !self.sorted && self.wanted.is_none() {
            run.sort_by_key(|row| row.address);
            self.start = run.first().map_or(0, |row| row.address);
            last = run.last().map_or(0, |row| row.address);
        }
        if !self.image.placed.is_empty() {
            let run = run.to_vec();
            return self.place(&run, self.start, end);
        }
        // Code that the linker left out has address 0 or one past the end of all code.
        let Some((start, limit)) = self.image.code_within(self.start, end) else { return self.abandon() };
        let base = self.image.base;
        // Only a damaged program has addresses past the end.
        self.is_odd |= last.saturating_sub(base) >= limit;
        for row in self.rows.get_mut(first..).unwrap_or_default() {
            row.address = row.address.saturating_sub(base);
        }
        while self.rows.len() > first && self.rows.last().is_some_and(|row| row.address >= limit) {
            let row = self.rows.pop();
            self.count -= u64::from(row.is_some_and(|row| row.file != NO_FILE));
        }
        if self.rows.len() > first || self.wanted.is_none() {
            self.rows.push(Row { address: limit, file: NO_FILE, line: 0 });
        }
        self.sequences.push(Sequence { start, end: limit, rows: (first, self.rows.len()) });
        self.first = self.rows.len();
        self.count += 1;
        self.count_before = self.count;
        self.sorted = true;
    }

    /// End a sequence of an object file: the linker put its functions at other places.
    fn place(&mut self, run: &[Row], start: u64, end: u64) {
        self.abandon();
        let placed = &self.image.placed;
        let first = placed.partition_point(|part| part.end <= start);
        for part in placed.get(first..).unwrap_or_default().iter().take_while(|part| part.start < end) {
            let (from, to) = (part.start.max(start), part.end.min(end));
            // The row that has the first address, and those after it.
            let row = run.partition_point(|row| row.address <= from).saturating_sub(1);
            let rows = run.get(row..).unwrap_or_default().iter().take_while(|row| row.address < to);
            self.rows.extend(rows.filter_map(|row| Some(Row { address: part.at(row.address.max(from))?, ..*row })));
            let Some(address) = part.at(to).filter(|_| self.rows.len() > self.first) else { continue };
            self.rows.push(Row { address, file: NO_FILE, line: 0 });
            let start = self.rows.get(self.first).map_or(0, |row| row.address);
            self.sequences.push(Sequence { start, end: address, rows: (self.first, self.rows.len()) });
            self.first = self.rows.len();
            self.count = self.first as u64;
            self.count_before = self.count;
        }
    }

    /// Discard the sequence that is being read.
    fn abandon(&mut self) {
        self.rows.truncate(self.first);
        self.last = NO_ROW;
        self.count = self.count_before;
        self.sorted = true;
    }

    /// All rows by address. Where sequences overlap the first in order has the code.
    fn in_order(mut self) -> Vec<Row> {
        self.abandon();
        if self.sequences.len() <= 1 {
            return self.rows;
        }
        self.sort();
        let mut rows: Vec<Row> = Vec::with_capacity(self.rows.len());
        for sequence in &self.sequences {
            let run = self.rows.get(sequence.rows.0..sequence.rows.1).unwrap_or_default();
            let limit = rows.last().map_or(0, |row| row.address);
            let from = run.partition_point(|row| row.address < limit);
            if from + 1 >= run.len() && from > 0 {
                continue;
            }
            // The end of the one before gives way to a beginning at the same address.
            if run.get(from).is_some_and(|row| row.address == limit)
                && rows.last().is_some_and(|row| row.file == NO_FILE)
            {
                rows.pop();
            }
            rows.extend_from_slice(run.get(from..).unwrap_or_default());
        }
        rows
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use gimli::{DebugLine, DebugLineOffset, LittleEndian};
    use proptest::prelude::*;

    use super::{Row, of_some_sequences, sequences};
    use crate::image::Image;
    use crate::wanted::Wanted;

    /// A section of one program of version 4.
    fn section(program: &[u8]) -> Vec<u8> {
        let header = b"\x01\x01\x01\xfb\x0e\x0d\0\x01\x01\x01\x01\0\0\0\x01\0\0\x01\0a.c\0\0\0\0\0";
        let length = u32::try_from(header.len()).unwrap().to_le_bytes();
        let body = [&4u16.to_le_bytes(), length.as_slice(), header, program].concat();
        [&u32::try_from(body.len()).unwrap().to_le_bytes(), body.as_slice()].concat()
    }

    /// Bytes of an instruction.
    fn instruction() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            6 => (13..=255u8).prop_map(|opcode| vec![opcode]),
            2 => prop_oneof![Just(1u8), Just(6), Just(8), Just(10)].prop_map(|opcode| vec![opcode]),
            3 => (prop_oneof![Just(2u8), Just(3), Just(4), Just(5)], 0..0x80u8).prop_map(|(opcode, number)| vec![opcode, number]),
            1 => (prop_oneof![Just(2u8), Just(3), Just(5)], any::<u8>(), 0..4u8)
                .prop_map(|(opcode, low, high)| vec![opcode, low | 0x80, high]),
            1 => Just(vec![9, 0, 1]),
            1 => Just(vec![0, 2, 4, 1]),
        ]
    }

    fn at(rows: &[Row], address: u64) -> Option<(u32, u32)> {
        let row = rows.get(rows.partition_point(|row| row.address <= address).checked_sub(1)?)?;
        Some((row.file, row.line))
    }

    proptest! {
        #[test]
        fn rows_of_some_addresses_are_those_of_the_whole_program(
            bodies in prop::collection::vec(
                (prop::collection::vec(instruction(), 1..30), prop::option::of(0..0x80u8), 0..8u64), 1..6),
            places in prop::collection::vec((any::<prop::sample::Index>(), 0..0x400u64), 1..8),
        ) {
            let (mut program, mut starts) = (Vec::new(), Vec::new());
            for (instructions, column, slot) in bodies {
                // Sequences are in any order, each at its own place.
                let start = 0x10_0000 * (slot + 1);
                if starts.contains(&start) {
                    continue;
                }
                starts.push(start);
                program.extend(column.into_iter().flat_map(|column| [5, column]));
                program.extend([0, 9, 2]);
                program.extend(start.to_le_bytes());
                program.push(1);
                program.extend(instructions.concat());
                program.extend([2, 0x80, 0x80, 1, 0, 1, 1]);
            }
            let section = section(&program);
            let lines = DebugLine::new(&section, LittleEndian);
            let program = lines.program(DebugLineOffset(0), 8, None, None).unwrap();
            let image = Image { code: vec![(0, u64::MAX)], ..Image::default() };
            let (all, _) = sequences(program.header(), &image, section.len() as u64, None);
            let all = all.in_order();
            let needed = places.iter().map(|(which, offset)| starts[which.index(starts.len())] + offset);
            let wanted: Wanted = needed.collect();
            let most = section.len() as u64;
            let some = of_some_sequences(program.header(), &image, most, &wanted, wanted.as_slice());
            let some = some.expect("each address has a row");
            for &address in wanted.as_slice() {
                prop_assert_eq!(at(&some, address), at(&all, address), "{:#x}", address);
            }
        }
    }
}
