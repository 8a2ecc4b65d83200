//! Binary annotations of an inlined call: which code it is, and of which lines.
//!
//! A list of operations, each a compressed number and one or two operands, ends with 0 or the record. They move a code
//! offset, a line and a file; some of them begin a piece of code there. A piece ends where its length says or the next
//! one begins. Meaning: `CompilerOptions` of `cvinfo.h` in `microsoft-pdb`, and what LLVM's code generator writes.

use crate::fields::Fields;

/// Code of an inlined call that has one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Relative to the start of the function.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Offset of the file's entry among the module's files.
    pub(super) file: u32,
    pub(super) line: u32,
}

/// Read the annotations of a call whose function begins at this file and line.
pub(super) fn pieces(annotations: &[u8], file: u32, line: u32, out: &mut Vec<Piece>) {
    let mut numbers = Numbers { bytes: annotations, at: 0 };
    let mut now = Piece { start: 0, end: 0, file, line };
    let (mut base, mut length) = (0u32, None);
    // The piece whose end is not known yet.
    let mut open: Option<Piece> = None;
    let mut close = |open: Option<Piece>, end: u32| {
        if let Some(piece) = open.filter(|piece| piece.start < end) {
            out.push(Piece { end, ..piece });
        }
    };
    while let Some(operation) = numbers.next() {
        let Some(operand) = numbers.next() else { break };
        let begins = match operation {
            1 => {
                now.start = operand;
                false
            }
            2 => {
                base = operand;
                false
            }
            3 => {
                now.start = now.start.wrapping_add(operand);
                true
            }
            4 => {
                if let Some(piece) = open.take() {
                    close(Some(piece), piece.start.saturating_add(operand));
                }
                now.start = now.start.wrapping_add(operand);
                false
            }
            5 => {
                now.file = operand;
                false
            }
            6 => {
                now.line = now.line.wrapping_add_signed(signed(operand));
                false
            }
            // Operands in one number: the line's change above, the code's in the lowest four bits.
            11 => {
                now.line = now.line.wrapping_add_signed(signed(operand >> 4));
                now.start = now.start.wrapping_add(operand & 15);
                true
            }
            12 => {
                let Some(delta) = numbers.next() else { break };
                length = Some(operand);
                now.start = now.start.wrapping_add(delta);
                true
            }
            // Ends of lines, kinds of ranges, columns.
            7 | 8 | 9 | 10 | 13 => false,
            _ => break,
        };
        if begins {
            let start = now.start.wrapping_add(base);
            close(open.take(), start);
            let piece = Piece { start, ..now };
            match length.take() {
                Some(length) => close(Some(piece), start.saturating_add(length)),
                None => open = Some(piece),
            }
        }
    }
}

/// The lowest bit is the sign.
fn signed(number: u32) -> i32 {
    let value = i32::try_from(number >> 1).unwrap_or(i32::MAX);
    if number & 1 == 1 { -value } else { value }
}

/// Compressed numbers: one byte up to 0x7f, two from 0x80, four from 0xc0, big-endian.
struct Numbers<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Numbers<'_> {
    fn next(&mut self) -> Option<u32> {
        let byte = |at| Fields(self.bytes).u8(at).map(u32::from);
        let first = byte(self.at)?;
        let (value, length) = match first {
            // The first number of an operation: the end.
            0..=0x7f => (first, 1),
            0x80..=0xbf => ((first & 0x3f) << 8 | byte(self.at + 1)?, 2),
            0xc0..=0xdf => {
                let rest = byte(self.at + 1)? << 16 | byte(self.at + 2)? << 8 | byte(self.at + 3)?;
                ((first & 0x1f) << 24 | rest, 4)
            }
            _ => return None,
        };
        self.at += length;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    fn read(annotations: &[u8]) -> Vec<(u32, u32, u32, u32)> {
        let mut out = Vec::new();
        pieces(annotations, 0x18, 100, &mut out);
        out.into_iter().map(|Piece { start, end, file, line }| (start, end, file, line)).collect()
    }

    #[test]
    fn a_piece_ends_with_its_length_or_where_the_next_begins() {
        // Line + 1 and code + 4; code + 3; length 5; the end.
        assert_eq!(read(&[11, 2 << 4 | 4, 3, 3, 4, 5, 0, 0]), [(4, 7, 0x18, 101), (7, 12, 0x18, 101)]);
        // After a length, offsets go on from the end of the piece.
        assert_eq!(read(&[3, 2, 4, 6, 6, 5, 3, 1, 4, 1]), [(2, 8, 0x18, 100), (9, 10, 0x18, 98)]);
        // A length with its offset, another file, a long number.
        assert_eq!(read(&[12, 3, 2, 5, 0x30, 12, 1, 0x81, 0x00]), [(2, 5, 0x18, 100), (258, 259, 0x30, 100)]);
        // A piece without an end.
        assert_eq!(read(&[3, 2]), []);
        assert_eq!(read(&[3, 2, 4]), []);
        assert_eq!(read(&[0, 0, 3, 2, 4, 1]), []);
    }
}
