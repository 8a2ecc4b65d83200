//! Records to canonical text.

use super::func::{Func, Line, Public};
use super::inline::{Dialect, Inline, InlineOrigin};
use super::record::Record;
use super::stack::{CfiDelta, CfiInit, Win};

/// Append one record and a newline: lower-case hexadecimal, one space between fields.
///
/// Bytes that would end or cut the line in a reader (CR, LF, NUL) become `_` in names. An old-dialect
/// INLINE record is written in the new dialect with the call file unknown (`-1`), so that every
/// record of a written file has one dialect.
pub fn write(record: &Record<'_>, out: &mut Vec<u8>) {
    match record {
        Record::Module(module) => {
            out.extend_from_slice(b"MODULE ");
            word(module.os, out);
            out.push(b' ');
            word(module.arch, out);
            out.push(b' ');
            word(module.id, out);
            named(module.name, out);
        }
        Record::Info(info) => {
            out.extend_from_slice(b"INFO ");
            word(info.key, out);
            named(info.value, out);
        }
        Record::File(file) => {
            out.extend_from_slice(b"FILE ");
            dec(file.id, out);
            named(file.name, out);
        }
        Record::InlineOrigin(InlineOrigin { id, name }) => {
            out.extend_from_slice(b"INLINE_ORIGIN ");
            dec(*id, out);
            named(name, out);
        }
        Record::Func(Func { address, size, param_size, folded, name }) => {
            out.extend_from_slice(if *folded { b"FUNC m " } else { b"FUNC " });
            hexes(&[*address, *size, u64::from(*param_size)], out);
            named(name, out);
        }
        Record::Public(Public { address, param_size, folded, name }) => {
            out.extend_from_slice(if *folded { b"PUBLIC m " } else { b"PUBLIC " });
            hexes(&[*address, u64::from(*param_size)], out);
            named(name, out);
        }
        Record::Line(Line { address, size, line, file }) => {
            hexes(&[*address, *size], out);
            out.push(b' ');
            dec(*line, out);
            out.push(b' ');
            dec(*file, out);
        }
        Record::Inline(inline) => write_inline(inline, out),
        Record::Win(win) => write_win(win, out),
        Record::CfiInit(CfiInit { address, size, rules }) => {
            out.extend_from_slice(b"STACK CFI INIT ");
            hexes(&[*address, *size], out);
            named(rules, out);
        }
        Record::CfiDelta(CfiDelta { address, rules }) => {
            out.extend_from_slice(b"STACK CFI ");
            hex(*address, out);
            named(rules, out);
        }
    }
    out.push(b'\n');
}

/// How many bytes [`write()`] appends for a record.
#[must_use]
pub fn length(record: &Record<'_>) -> usize {
    let bytes = match record {
        Record::Line(Line { address, size, line, file }) => {
            hex_length(*address) + hex_length(*size) + dec_length(*line) + dec_length(*file) + 3
        }
        Record::Func(Func { address, size, param_size, folded, name }) => {
            let numbers = hex_length(*address) + hex_length(*size) + hex_length(u64::from(*param_size));
            (if *folded { 9 } else { 7 }) + numbers + named_length(name)
        }
        Record::Public(Public { address, param_size, folded, name }) => {
            let numbers = hex_length(*address) + hex_length(u64::from(*param_size));
            (if *folded { 10 } else { 8 }) + numbers + named_length(name)
        }
        Record::Inline(inline) => {
            let id = |id: Option<u32>| id.map_or(2, dec_length) + 1;
            let numbers = dec_length(inline.depth) + dec_length(inline.call_line) + 1;
            let ids = id(inline.call_file.filter(|_| inline.dialect == Dialect::New)) + id(inline.origin);
            let range = |(address, size)| hex_length(address) + hex_length(size) + 2;
            7 + numbers + ids + inline.ranges.iter().map(range).sum::<usize>()
        }
        rest => {
            let mut text = Vec::new();
            write(rest, &mut text);
            text.len() - 1
        }
    };
    bytes + 1
}

fn write_inline(inline: &Inline<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"INLINE ");
    dec(inline.depth, out);
    out.push(b' ');
    dec(inline.call_line, out);
    for id in [inline.call_file.filter(|_| inline.dialect == Dialect::New), inline.origin] {
        match id {
            Some(id) => {
                out.push(b' ');
                dec(id, out);
            }
            None => out.extend_from_slice(b" -1"),
        }
    }
    for (address, size) in inline.ranges.iter() {
        out.push(b' ');
        hexes(&[address, size], out);
    }
}

fn write_win(win: &Win<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"STACK WIN ");
    hexes(&[u64::from(win.kind), win.address, win.size], out);
    for size in
        [win.prolog_size, win.epilog_size, win.param_size, win.saved_regs_size, win.locals_size, win.max_stack_size]
    {
        out.push(b' ');
        hex(u64::from(size), out);
    }
    match win.program {
        Some(program) => {
            out.extend_from_slice(b" 1");
            named(program, out);
        }
        None => out.extend_from_slice(if win.allocates_base_pointer { b" 0 1" } else { b" 0 0" }),
    }
}

/// Hexadecimal numbers with a space between them.
fn hexes(numbers: &[u64], out: &mut Vec<u8>) {
    for (at, &number) in numbers.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        hex(number, out);
    }
}

/// Numbers are most of a text: these digits are several times as quick as the formatting of the standard library. The
/// copy has a fixed size, which is one instruction, and is cut then.
#[inline]
fn hex(number: u64, out: &mut Vec<u8>) {
    let count = hex_length(number);
    let mut digits = [0; 16];
    let mut rest = number;
    for digit in digits[..count].iter_mut().rev() {
        *digit = b"0123456789abcdef"[(rest & 15) as usize];
        rest >>= 4;
    }
    let end = out.len() + count;
    out.extend_from_slice(&digits);
    out.truncate(end);
}

#[inline]
fn dec(number: u32, out: &mut Vec<u8>) {
    let count = dec_length(number);
    let mut digits = [0; 16];
    let mut rest = number;
    for digit in digits[..count].iter_mut().rev() {
        *digit = b"0123456789"[(rest % 10) as usize];
        rest /= 10;
    }
    let end = out.len() + count;
    out.extend_from_slice(&digits);
    out.truncate(end);
}

/// Hexadecimal digits of a number.
#[inline]
const fn hex_length(number: u64) -> usize {
    (67 - (number | 1).leading_zeros()) as usize / 4
}

/// Decimal digits of a number, without a branch: lengths of records are computed for every line.
#[inline]
fn dec_length(number: u32) -> usize {
    let bits = (number | 1).ilog2() as usize;
    ((DIGITS[bits & 31] + u64::from(number)) >> 32) as usize
}

/// For numbers of so many bits what, added to one, gives its digits in the upper half: the digits of the smallest of them,
/// and what the first number with one digit more lacks to the next.
const DIGITS: [u64; 32] = {
    let mut table = [0; 32];
    let mut bits = 0;
    while bits < 32 {
        let digits = (1u64 << bits).ilog10() as u64 + 1;
        let next = 10u64.pow(digits as u32);
        table[bits] = if next < 1 << (bits + 1) { ((digits + 1) << 32) - next } else { digits << 32 };
        bits += 1;
    }
    table
};

/// Bytes that [`named`] appends.
const fn named_length(text: &[u8]) -> usize {
    if text.is_empty() { 0 } else { text.len() + 1 }
}

/// A space and the text, if there is any.
fn named(text: &[u8], out: &mut Vec<u8>) {
    if !text.is_empty() {
        out.push(b' ');
        out.extend(text.iter().map(|&b| if matches!(b, b'\n' | b'\r' | 0) { b'_' } else { b }));
    }
}

/// A field that must stay one field.
fn word(text: &[u8], out: &mut Vec<u8>) {
    if text.is_empty() {
        out.push(b'?');
    }
    out.extend(text.iter().map(|&b| if matches!(b, b'\n' | b'\r' | 0 | b' ' | b'\t') { b'_' } else { b }));
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_have_as_many_digits_as_they_are_written_with() {
        let near = (0..=10u32).map(|power| 10u64.pow(power)).chain((0..=32).map(|bits| 1u64 << bits));
        for number in near.flat_map(|number| [number.saturating_sub(1), number, number + 1]).chain([0]) {
            assert_eq!(super::hex_length(number), format!("{number:x}").len());
            if let Ok(number) = u32::try_from(number) {
                assert_eq!(super::dec_length(number), format!("{number}").len());
            }
        }
        assert_eq!((super::hex_length(u64::MAX), super::dec_length(u32::MAX)), (16, 10));
    }
}
