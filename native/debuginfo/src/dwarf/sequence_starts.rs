//! Where the sequences of a line program begin, found without running it, so that only those of some addresses are run.
//!
//! A sequence begins after the instruction that ends the one before, or where the program does, with an address. Both are rare
//! bytes, and a search for them takes a fraction of the time of the program. What looks like a beginning could be the inside of
//! an argument, and sequences could overlap; no compiler or linker writes either of them without an end at the same place. A
//! beginning that is not found belongs to the sequence before. So whoever uses this checks that each address has a row.

use memchr::memmem;

use super::line_loop::are_marks;

/// Some instructions of a program: those of a sequence.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'d> {
    pub(super) program: &'d [u8],
    /// The last address that is looked for in it.
    pub(super) last: u64,
}

/// The end of a sequence.
const END: [u8; 3] = [0, 1, 1];
/// Bytes before the first address of a sequence in which its end is searched: a file, a column, a line and some marks.
const BEFORE: usize = 12;

/// Where a sequence begins.
struct Start {
    address: u64,
    /// Its first instruction.
    at: usize,
}

/// The parts of a program to run for some addresses, which are sorted. An address is in the sequence that begins last before it,
/// of several the first.
pub(super) fn parts<'d>(program: &'d [u8], address_size: u8, addresses: &[u64]) -> Vec<Part<'d>> {
    let mut starts = starts(program, address_size);
    let ends: Vec<usize> = starts.iter().skip(1).map(|start| start.at).chain([program.len()]).collect();
    let end_of = |at: usize| ends.get(ends.partition_point(|&end| end <= at)).copied().unwrap_or(at);
    // Those of one address stay in the order of the program.
    starts.sort_by_key(|start| start.address);
    let mut parts: Vec<(usize, Part<'d>)> = Vec::new();
    for &last in addresses {
        let next = starts.partition_point(|start| start.address <= last);
        let Some(before) = next.checked_sub(1).and_then(|at| starts.get(at)) else { continue };
        let first = starts.partition_point(|start| start.address < before.address);
        let Some(start) = starts.get(first) else { continue };
        match parts.last_mut() {
            Some((at, part)) if *at == start.at => part.last = last,
            _ => {
                let program = program.get(start.at..end_of(start.at)).unwrap_or_default();
                parts.push((start.at, Part { program, last }));
            }
        }
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

/// The beginnings of sequences, in the order of the program.
fn starts(program: &[u8], address_size: u8) -> Vec<Start> {
    let set_address = [0, address_size + 1, 2];
    // An address ends with zeros, and rows may follow it.
    let mut after_last = 0;
    let found = memmem::find_iter(program, &set_address).filter_map(|at| {
        let after_this = at + set_address.len() + usize::from(address_size);
        let after_last = std::mem::replace(&mut after_last, after_this);
        let address = program.get(at + set_address.len()..)?;
        let address = match address_size {
            8 => u64::from_le_bytes(*address.first_chunk()?),
            _ => u32::from_le_bytes(*address.first_chunk()?).into(),
        };
        let from = at.saturating_sub(BEFORE).max(after_last);
        let before = program.get(from..at)?;
        let start = match before.windows(END.len()).rposition(|bytes| bytes == END) {
            Some(end) => from + end + END.len(),
            None if from == 0 => 0,
            None => return None,
        };
        are_marks(program.get(start..at)?).then_some(Start { address, at: start })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::{Part, parts};

    fn sequence(address: u32, before: &[u8], rows: &[u8]) -> Vec<u8> {
        [before, &[0, 5, 2], &address.to_le_bytes(), rows, &[2, 4, 0, 1, 1]].concat()
    }

    #[test]
    fn an_address_is_in_the_sequence_that_begins_last_before_it() {
        // A file and a column come before the address, and arguments look like ends.
        let sequences = [
            sequence(0x2000, &[5, 1], &[20, 20]),
            sequence(0x1000, &[4, 2, 5, 0x80, 1, 10], &[20, 9, 0, 1, 1]),
            sequence(0x101_0000, &[], &[30]),
            sequence(0x1000, &[6], &[40]),
        ];
        let program = sequences.concat();
        let part = |which: usize, last| Part { program: &sequences[which], last };
        assert_eq!(parts(&program, 4, &[0xfff]), []);
        assert_eq!(parts(&program, 4, &[0x1000, 0x1fff, 0x2000]), [part(1, 0x1fff), part(0, 0x2000)]);
        assert_eq!(parts(&program, 4, &[0x200_0000]), [part(2, 0x200_0000)]);
        // Without its first instruction, the first sequence is not found.
        assert_eq!(parts(&program[1..], 4, &[0x2000]), [part(1, 0x2000)]);
    }
}
