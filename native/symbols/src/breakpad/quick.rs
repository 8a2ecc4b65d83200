//! The fast path for records in the form every dumper writes.
//!
//! Each function here takes a line of the text and either reads it as [`parse`] would, or returns
//! `None`: then the line is not canonical, and [`parse`] decides. Nothing is accepted here that
//! [`parse`] does not accept with the same meaning.
//!
//! [`parse`]: super::parse

use super::window::{Masks, WINDOW, masks};

/// How a STACK CFI line begins.
pub(crate) const DELTA: &[u8] = b"STACK CFI ";
/// How a STACK CFI INIT line begins.
pub(crate) const INIT: &[u8] = b"STACK CFI INIT ";

/// The numbers at the head of a record, as far as the index needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    Func { address: u64, size: u64 },
    Public { address: u64 },
    CfiInit { address: u64, size: u64 },
    CfiDelta { address: u64 },
    File { id: u32 },
    Origin { id: u32 },
}

/// The head of a canonical record that has text at its end, and how many bytes it takes.
#[inline]
pub(crate) fn head(line: &[u8]) -> Option<(Head, usize)> {
    let mut at = 0;
    let head = if line.starts_with(DELTA) {
        if line.starts_with(INIT) {
            at = INIT.len();
            Head::CfiInit { address: next_hex(line, &mut at)?, size: next_hex(line, &mut at)? }
        } else {
            at = DELTA.len();
            Head::CfiDelta { address: next_hex(line, &mut at)? }
        }
    } else if let Some((symbol, name)) = symbol(line) {
        at = name;
        if symbol.is_public {
            Head::Public { address: symbol.address }
        } else {
            Head::Func { address: symbol.address, size: symbol.size }
        }
    } else if line.starts_with(b"INLINE_ORIGIN ") {
        at += 14;
        Head::Origin { id: next_dec(line, &mut at)? }
    } else if line.starts_with(b"FILE ") {
        at += 5;
        Head::File { id: next_dec(line, &mut at)? }
    } else {
        return None;
    };
    // The text begins here; a space, a tab or the end of the line is left to the parser.
    (*line.get(at)? > b' ').then_some((head, at))
}

/// A FUNC or PUBLIC record in canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuickSymbol {
    pub(crate) address: u64,
    /// 0 for PUBLIC.
    pub(crate) size: u64,
    pub(crate) param_size: u64,
    pub(crate) folded: bool,
    pub(crate) is_public: bool,
}

/// A canonical FUNC or PUBLIC record, and where its name begins. The caller checks that there is one.
#[inline]
pub(crate) fn symbol(line: &[u8]) -> Option<(QuickSymbol, usize)> {
    let is_public = line.starts_with(b"PUBLIC ");
    if !is_public && !line.starts_with(b"FUNC ") {
        return None;
    }
    let mut at = if is_public { 7 } else { 5 };
    let folded = line.get(at..at + 2) == Some(b"m ");
    if folded {
        at += 2;
    }
    let address = next_hex(line, &mut at)?;
    let size = if is_public { 0 } else { next_hex(line, &mut at)? };
    let param_size = next_hex(line, &mut at)?;
    Some((QuickSymbol { address, size, param_size, folded, is_public }, at))
}

#[inline(always)]
fn next_hex(line: &[u8], at: &mut usize) -> Option<u64> {
    let (value, digits) = hex_field(line.get(*at..)?)?;
    *at += digits + 1;
    Some(value)
}

/// At most nine decimal digits and a space.
#[inline(always)]
fn next_dec(line: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0u32;
    for (i, &b) in line.get(*at..)?.iter().take(10).enumerate() {
        let digit = b.wrapping_sub(b'0');
        if digit > 9 {
            *at += i + 1;
            return (b == b' ' && i > 0).then_some(value);
        }
        value = value.wrapping_mul(10).wrapping_add(u32::from(digit));
    }
    None
}

/// A line record in canonical form, its two decimal fields not yet read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuickLine {
    pub(crate) address: u64,
    pub(crate) size: u64,
    /// Where the line number begins, in bytes from the start of the line.
    pub(crate) decimals: usize,
    /// Bytes of the line without its end.
    pub(crate) len: usize,
}

/// Where the fields of a well-formed line record are.
#[derive(Clone, Copy)]
struct Shape {
    first: u32,
    second: u32,
    len: u32,
}

/// `hex SP hex SP dec SP dec EOL` with no more than 8 and 9 digits a field.
#[inline(always)]
fn shape(m: Masks) -> Option<Shape> {
    let len = m.eol.trailing_zeros();
    if len == 32 {
        return None;
    }
    let body = (1u32 << len) - 1;
    let spaces = m.space & body;
    let after_first = spaces & spaces.wrapping_sub(1);
    let after_second = after_first & after_first.wrapping_sub(1);
    let first = spaces.trailing_zeros();
    let second = after_first.trailing_zeros();
    let third = after_second.trailing_zeros();
    if after_second == 0 {
        return None;
    }
    let good = (after_second & after_second.wrapping_sub(1)) == 0
        && (m.not_hex | m.not_dec & (u32::MAX << second)) & body == 0
        && first.wrapping_sub(1) < 8
        && second.wrapping_sub(first).wrapping_sub(2) < 8
        && third.wrapping_sub(second).wrapping_sub(2) < 9
        && len.wrapping_sub(third).wrapping_sub(2) < 9;
    good.then_some(Shape { first, second, len })
}

/// The length of a line record in canonical form.
#[inline(always)]
pub(crate) fn line_len(window: &[u8; WINDOW]) -> Option<usize> {
    shape(masks(window)).map(|shape| shape.len as usize)
}

/// A line record in canonical form.
#[inline(always)]
pub(crate) fn line(window: &[u8; WINDOW]) -> Option<QuickLine> {
    let Shape { first, second, len } = shape(masks(window))?;
    let address = hex8(window, 0, first);
    let size = hex8(window, first as usize + 1, second - first - 1);
    Some(QuickLine { address, size, decimals: second as usize + 1, len: len as usize })
}

/// Decimal fields with one byte after each, known to be good: those of a line or an INLINE record.
#[inline]
pub(crate) fn decimals<const N: usize>(text: &[u8]) -> [u32; N] {
    let mut values = [0u32; N];
    let mut at = 0;
    for value in &mut values {
        while let Some(digit) = text.get(at).map(|b| b.wrapping_sub(b'0')).filter(|&d| d < 10) {
            *value = value.wrapping_mul(10).wrapping_add(u32::from(digit));
            at += 1;
        }
        at += 1;
    }
    values
}

/// A canonical hexadecimal field of at most 8 digits and the space after it: value and digits.
#[inline(always)]
pub(crate) fn hex_field(text: &[u8]) -> Option<(u64, usize)> {
    // The end of a short line, as that of most functions of C.
    let mut padded = [0; 16];
    let window: &[u8; 16] = match text.first_chunk() {
        Some(window) => window,
        None => {
            padded.get_mut(..text.len())?.copy_from_slice(text);
            &padded
        }
    };
    let word = u64::from_be_bytes(*window.first_chunk()?);
    // The first byte that is not a hex digit, by the same arithmetic as the portable masks.
    let digits = leading_hex(word);
    if digits == 0 || window[digits as usize] != b' ' {
        return None;
    }
    Some((fold_hex(word >> (64 - 8 * digits)), digits as usize))
}

/// How many of the eight bytes, from the first, are hexadecimal digits.
#[inline(always)]
fn leading_hex(word: u64) -> u32 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const fn splat(b: u8) -> u64 {
        u64::from_le_bytes([b; 8])
    }
    let between = |v: u64, first: u8, last: u8| {
        let from_first = (v | HIGH) - splat(first);
        let past_last = (v | HIGH) - splat(last + 1);
        from_first & !past_last & !v & HIGH
    };
    let hex = between(word, b'0', b'9') | between(word | splat(0x20), b'a', b'f');
    ((hex ^ HIGH).leading_zeros()) / 8
}

/// `len` (1 to 8) hexadecimal digits at `at`; there must be eight bytes.
#[inline(always)]
fn hex8(window: &[u8; WINDOW], at: usize, len: u32) -> u64 {
    match window.get(at..at + 8).and_then(|b| b.first_chunk()) {
        Some(word) => fold_hex(u64::from_be_bytes(*word) >> (64 - 8 * len)),
        None => 0,
    }
}

/// `len` (1 to 8) hexadecimal digits that end at `end`, which must be at least 8.
#[inline(always)]
pub(super) fn hex8_before(window: &[u8], end: usize, len: u32) -> u64 {
    match window.get(end.wrapping_sub(8)..end).and_then(|b| b.first_chunk()) {
        Some(word) => fold_hex(u64::from_be_bytes(*word) << (64 - 8 * len) >> (64 - 8 * len)),
        None => 0,
    }
}

/// Eight ASCII digits, the last in the lowest byte, unused bytes zero, to their value.
#[inline(always)]
const fn fold_hex(text: u64) -> u64 {
    let letters = (text >> 6) & 0x0101_0101_0101_0101;
    let nibbles = (text & 0x0f0f_0f0f_0f0f_0f0f) + letters * 9;
    let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let halves = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    (halves | halves >> 16) & 0xffff_ffff
}
