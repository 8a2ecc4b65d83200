//! The instructions of usual line programs, run.
//!
//! Nearly all instructions are special opcodes, whose effects are in a table here. Programs with instructions that no
//! compiler in use writes are left to gimli, which gives the same rows for every program.

use gimli::LineProgramHeader;

use super::Reader;

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// After the last instruction.
    Whole,
    /// At a damaged one; the rows before that are valid.
    Damaged,
    /// The receiver of the rows ended the run.
    Stopped,
    /// At an instruction that is not run here; the rows are not to be used.
    Unusual,
}

/// The largest number of a file that rows have; it means any larger one.
pub(super) const LAST_FILE: u32 = u32::MAX - 1;

/// Receives the rows of a program. The results say whether more rows are wanted.
pub(super) trait Receive {
    /// A row. Line 0: none.
    fn row(&mut self, address: u64, file: u32, line: u32) -> bool;

    /// The address after the last row of a sequence.
    fn end_sequence(&mut self, address: u64) -> bool;
}

/// Run a program, or some of its instructions: those of whole sequences.
pub(super) fn run<'d>(
    header: &LineProgramHeader<Reader<'d>>,
    effects: &Effects,
    program: &'d [u8],
    rows: &mut impl Receive,
) -> End {
    let Some(mut machine) = Machine::of(header) else { return End::Unusual };
    let mut input = Input { rest: program };
    let base = header.opcode_base();
    let is_old = header.version() <= 4;
    while let Some((&opcode, rest)) = input.rest.split_first() {
        input.rest = rest;
        if opcode >= base {
            let Effect { line, address } = effects.0[opcode as usize];
            machine.line(line.into());
            if !machine.advance(address.into()) {
                return End::Damaged;
            }
            if !machine.is_tombstone && !machine.row(rows) {
                return End::Stopped;
            }
            continue;
        }
        match gimli::DwLns(opcode) {
            gimli::DW_LNS_negate_stmt
            | gimli::DW_LNS_set_basic_block
            | gimli::DW_LNS_set_prologue_end
            | gimli::DW_LNS_set_epilogue_begin => {}
            gimli::DW_LNS_set_column | gimli::DW_LNS_set_isa => {
                let Some(_) = input.number() else { return End::Damaged };
                input.skip_mark();
            }
            gimli::DW_LNS_copy => {
                if !machine.is_tombstone && !machine.row(rows) {
                    return End::Stopped;
                }
            }
            gimli::DW_LNS_advance_line => {
                let Some(lines) = input.signed() else { return End::Damaged };
                machine.line(lines);
            }
            gimli::DW_LNS_advance_pc => {
                let Some(count) = input.number() else { return End::Damaged };
                if !machine.advance(machine.unit.wrapping_mul(count)) {
                    return End::Damaged;
                }
            }
            gimli::DW_LNS_const_add_pc => {
                if !machine.advance(effects.0[255].address.into()) {
                    return End::Damaged;
                }
            }
            gimli::DW_LNS_fixed_advance_pc => {
                let Some(bytes) = input.fixed() else { return End::Damaged };
                if !machine.advance(bytes.into()) {
                    return End::Damaged;
                }
            }
            gimli::DW_LNS_set_file => {
                let Some(file) = input.number() else { return End::Damaged };
                machine.file = u32::try_from(file).map_or(LAST_FILE, |file| file.min(LAST_FILE));
            }
            gimli::DwLns(0) => {
                let Some((kind, argument)) = input.extended() else { return End::Damaged };
                match gimli::DwLne(kind) {
                    gimli::DW_LNE_end_sequence => {
                        if !machine.is_tombstone && !rows.end_sequence(machine.address) {
                            return End::Stopped;
                        }
                        machine.restart();
                    }
                    gimli::DW_LNE_set_address => {
                        let Some(address) = argument_address(argument, machine.size) else { return End::Damaged };
                        machine.set(address);
                    }
                    gimli::DW_LNE_define_file if is_old => return End::Unusual,
                    _ => {}
                }
            }
            _ => return End::Unusual,
        }
    }
    End::Whole
}

/// The registers that rows have.
struct Machine {
    address: u64,
    file: u32,
    line: u64,
    /// The address belongs to code that the linker left out.
    is_tombstone: bool,
    /// Bytes of an address.
    size: u8,
    /// The largest address.
    most: u64,
    /// Bytes of the shortest instruction.
    unit: u64,
}

impl Machine {
    fn of(header: &LineProgramHeader<Reader<'_>>) -> Option<Self> {
        let size = header.address_size();
        let usual = header.maximum_operations_per_instruction() == 1 && matches!(size, 4 | 8);
        usual.then(|| Self {
            address: 0,
            file: 1,
            line: 1,
            is_tombstone: false,
            size,
            most: if size == 8 { u64::MAX } else { u32::MAX.into() },
            unit: header.minimum_instruction_length().into(),
        })
    }

    #[inline(always)]
    fn row(&self, rows: &mut impl Receive) -> bool {
        rows.row(self.address, self.file, u32::try_from(self.line).unwrap_or(0))
    }

    #[inline(always)]
    fn line(&mut self, lines: i64) {
        let moved = self.line.wrapping_add_signed(lines);
        // There is no line before the first one.
        self.line = if lines < 0 && moved > self.line { 0 } else { moved };
    }

    /// Advance by so many bytes; `false`: past the last address.
    #[inline(always)]
    fn advance(&mut self, bytes: u64) -> bool {
        if self.is_tombstone {
            return true;
        }
        match self.address.checked_add(bytes).filter(|&address| address <= self.most) {
            Some(address) => {
                self.address = address;
                true
            }
            None => false,
        }
    }

    /// Linkers give code that they leave out an address of -1, -2, or one before that of the row before.
    fn set(&mut self, address: u64) {
        self.is_tombstone = address < self.address || address >= self.most - 1;
        if !self.is_tombstone {
            self.address = address;
        }
    }

    fn restart(&mut self) {
        (self.address, self.file, self.line, self.is_tombstone) = (0, 1, 1, false);
    }
}

/// What a special opcode adds.
#[derive(Clone, Copy)]
struct Effect {
    line: i16,
    address: u32,
}

/// The effects of the special opcodes of a program.
pub(super) struct Effects([Effect; 256]);

/// The effects of the special opcodes of the program with this header.
pub(super) fn effects(header: &LineProgramHeader<Reader<'_>>) -> Effects {
    let (base, range) = (header.opcode_base(), header.line_range().max(1));
    let (first, unit) = (i16::from(header.line_base()), u32::from(header.minimum_instruction_length()));
    let mut effects = [Effect { line: 0, address: 0 }; 256];
    // Without a division for each of them: there is a table for each program.
    let (mut line, mut steps) = (0, 0);
    for effect in effects.iter_mut().skip(base.into()) {
        *effect = Effect { line: first + line, address: unit * steps };
        line += 1;
        if line == i16::from(range) {
            (line, steps) = (0, steps + 1);
        }
    }
    Effects(effects)
}

/// Whether some bytes are whole instructions that change neither the address nor the rows, none of them extended.
pub(super) fn are_marks(instructions: &[u8]) -> bool {
    let mut input = Input { rest: instructions };
    while let Some((&opcode, rest)) = input.rest.split_first() {
        input.rest = rest;
        match gimli::DwLns(opcode) {
            gimli::DW_LNS_negate_stmt
            | gimli::DW_LNS_set_basic_block
            | gimli::DW_LNS_set_prologue_end
            | gimli::DW_LNS_set_epilogue_begin => {}
            gimli::DW_LNS_advance_line | gimli::DW_LNS_set_file | gimli::DW_LNS_set_column | gimli::DW_LNS_set_isa => {
                if input.number().is_none() {
                    return false;
                }
            }
            _ => return false,
        }
    }
    true
}

struct Input<'d> {
    rest: &'d [u8],
}

impl<'d> Input<'d> {
    /// A number of base 128; `None`: the program ends in it, or it has more than 64 bits.
    #[inline(always)]
    fn number(&mut self) -> Option<u64> {
        let (&first, rest) = self.rest.split_first()?;
        if first < 0x80 {
            self.rest = rest;
            return Some(first.into());
        }
        if let Some((&second, rest)) = rest.split_first().filter(|(second, _)| **second < 0x80) {
            self.rest = rest;
            return Some(u64::from(first & 0x7f) | u64::from(second) << 7);
        }
        let number;
        (number, self.rest) = long(self.rest, gimli::Reader::read_uleb128)?;
        Some(number)
    }

    #[inline(always)]
    fn signed(&mut self) -> Option<i64> {
        let (&first, rest) = self.rest.split_first()?;
        let second = rest.first().copied().unwrap_or(0x80);
        if first & second < 0x80 {
            // One or two bytes of seven bits each, the highest of which is the sign. Neither is rare, so that none is guessed.
            let two = first >> 7;
            self.rest = rest.get(usize::from(two)..)?;
            let number = u16::from(first & 0x7f) | u16::from(second & 0u8.wrapping_sub(two)) << 7;
            let unused = 9 - 7 * u32::from(two);
            return Some(i64::from((number << unused).cast_signed() >> unused));
        }
        let number;
        (number, self.rest) = long(self.rest, gimli::Reader::read_sleb128)?;
        Some(number)
    }

    /// Skip an instruction that begins or ends statements, if it is next: it is after every second column, so that a branch would
    /// often be guessed wrong.
    #[inline(always)]
    fn skip_mark(&mut self) {
        let marks = usize::from(self.rest.first() == Some(&gimli::DW_LNS_negate_stmt.0));
        self.rest = self.rest.get(marks..).unwrap_or_default();
    }

    fn fixed(&mut self) -> Option<u16> {
        let (bytes, rest) = self.rest.split_first_chunk::<2>()?;
        self.rest = rest;
        Some(u16::from_le_bytes(*bytes))
    }

    /// The opcode of an extended instruction and its arguments.
    fn extended(&mut self) -> Option<(u8, &'d [u8])> {
        let length = usize::try_from(self.number()?).ok()?;
        let instruction = self.rest.get(..length)?;
        self.rest = self.rest.get(length..)?;
        instruction.split_first().map(|(&kind, argument)| (kind, argument))
    }
}

/// A number that may have several bytes, and what follows it.
#[inline(never)]
fn long<'d, T>(
    input: &'d [u8],
    read: impl FnOnce(&mut Reader<'d>) -> Result<T, gimli::Error>,
) -> Option<(T, &'d [u8])> {
    let mut reader = Reader::new(input, gimli::LittleEndian);
    let number = read(&mut reader).ok()?;
    Some((number, reader.slice()))
}

fn argument_address(argument: &[u8], size: u8) -> Option<u64> {
    if size == 8 {
        argument.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    } else {
        argument.first_chunk().map(|bytes| u32::from_le_bytes(*bytes).into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use gimli::{DebugLine, DebugLineOffset, LittleEndian};
    use proptest::prelude::*;

    use super::{End, LAST_FILE, Receive, effects, run};

    #[derive(Debug, PartialEq)]
    struct LineRow {
        address: u64,
        /// `None`: the end of a sequence.
        place: Option<(u32, u32)>,
    }

    impl Receive for Vec<LineRow> {
        fn row(&mut self, address: u64, file: u32, line: u32) -> bool {
            self.push(LineRow { address, place: Some((file, line)) });
            true
        }

        fn end_sequence(&mut self, address: u64) -> bool {
            self.push(LineRow { address, place: None });
            true
        }
    }

    /// A section with one program.
    fn section(version: u16, range: u8, base: i8, program: &[u8]) -> Vec<u8> {
        let mut header = vec![1];
        if version >= 4 {
            header.push(1);
        }
        header.extend([1, base.to_le_bytes()[0], range, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
        header.extend(b"\0a.c\0\0\0\0\0");
        let mut body = version.to_le_bytes().to_vec();
        body.extend(u32::try_from(header.len()).unwrap().to_le_bytes());
        body.extend(header);
        body.extend(program);
        [u32::try_from(body.len()).unwrap().to_le_bytes().to_vec(), body].concat()
    }

    /// The rows by gimli, and whether the program is whole.
    fn by_gimli(program: gimli::IncompleteLineProgram<super::Reader<'_>>) -> (Vec<LineRow>, bool) {
        let mut found = Vec::new();
        let mut rows = program.rows();
        loop {
            match rows.next_row() {
                Ok(Some((_, row))) => found.push(LineRow {
                    address: row.address(),
                    place: (!row.end_sequence()).then(|| {
                        let line = row.line().map_or(0, |line| u32::try_from(line.get()).unwrap_or(0));
                        (u32::try_from(row.file_index()).unwrap_or(LAST_FILE).min(LAST_FILE), line)
                    }),
                }),
                Ok(None) => return (found, true),
                Err(_) => return (found, false),
            }
        }
    }

    /// Bytes of an instruction.
    fn instruction() -> impl Strategy<Value = Vec<u8>> {
        let address = |address: u64| [vec![0, 9, 2], address.to_le_bytes().to_vec()].concat();
        prop_oneof![
            8 => any::<u8>().prop_map(|opcode| vec![opcode.max(13)]),
            2 => prop_oneof![Just(1u8), Just(6), Just(7), Just(8), Just(10), Just(11)].prop_map(|opcode| vec![opcode]),
            2 => (prop_oneof![Just(2u8), Just(3), Just(4), Just(5), Just(12)], any::<u8>(), 0..0x80u8)
                .prop_map(|(opcode, low, high)| vec![opcode, low | 0x80, high]),
            1 => any::<u16>().prop_map(|bytes| [vec![9], bytes.to_le_bytes().to_vec()].concat()),
            1 => (0..1u64 << 20).prop_map(address),
            1 => prop_oneof![Just(0), Just(u64::MAX), Just(u64::MAX - 1), Just(u64::MAX - 2)].prop_map(address),
            1 => Just(vec![0, 1, 1]),
            1 => Just(vec![0, 2, 4, 9]),
            1 => Just(vec![0, 3, 0x80, 1, 2]),
        ]
    }

    proptest! {
        #[test]
        fn rows_are_those_of_gimli(
            version in 2..=4u16,
            range in 1..40u8,
            base in -10..10i8,
            program in prop::collection::vec(instruction(), 0..60),
            cut in 0..4usize,
        ) {
            let program = program.concat();
            let program = &program[..program.len().saturating_sub(cut)];
            let section = section(version, range, base, program);
            let lines = DebugLine::new(&section, LittleEndian);
            let program = || lines.program(DebugLineOffset(0), 8, None, None).unwrap();
            let mut found = Vec::new();
            let whole = program();
            let header = whole.header();
            let end = run(header, &effects(header), header.raw_program_buf().slice(), &mut found);
            let (expected, is_whole) = by_gimli(program());
            prop_assert_eq!(found, expected);
            prop_assert_eq!(end, if is_whole { End::Whole } else { End::Damaged });
        }
    }
}
