//! The fast path for INLINE records: the new dialect in canonical form, in two windows.

use super::quick::{decimals, hex8_before};
use super::window::{WINDOW, masks};

const KEYWORD: &[u8] = b"INLINE ";

/// An INLINE record in canonical form, its numbers not yet read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuickInline<'a> {
    window: &'a [u8; 2 * WINDOW],
    /// The spaces from the one before the first range on.
    spaces: u64,
    /// Bytes of the line without its end.
    pub(crate) len: usize,
}

/// Read an INLINE record. `None` if it is not canonical or does not fit the windows.
#[inline]
pub(crate) fn inline(line: &[u8]) -> Option<QuickInline<'_>> {
    if !line.starts_with(KEYWORD) {
        return None;
    }
    let window: &[u8; 2 * WINDOW] = line.first_chunk()?;
    let halves = window.as_chunks::<WINDOW>().0;
    let (low, high) = (masks(&halves[0]), masks(&halves[1]));
    let join = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    let len = join(low.eol, high.eol).trailing_zeros();
    if len == 64 {
        return None;
    }
    let body = (1u64 << len) - 1;
    let spaces = join(low.space, high.space) & body;
    // The spaces before depth, call line, call file and origin, and then the one before the ranges.
    let mut before_ranges = spaces;
    for _ in 0..4 {
        before_ranges &= before_ranges.wrapping_sub(1);
    }
    let decimals_end = before_ranges.trailing_zeros();
    let fields = spaces.count_ones();
    let numbers = body & (u64::MAX << KEYWORD.len());
    let decimals = numbers & (1u64.checked_shl(decimals_end)?).wrapping_sub(1);
    // Nine digits or more might be too large a number, or one that the fast path does not read.
    let mut run = numbers & !spaces;
    run &= run >> 1;
    run &= run >> 2;
    run &= run >> 4;
    run &= run >> 1;
    let good = fields >= 6
        && fields.is_multiple_of(2)
        && spaces & (spaces << 1 | 1 << (len - 1)) == 0
        && (join(low.not_hex, high.not_hex) & numbers | join(low.not_dec, high.not_dec) & decimals) == 0
        && run == 0;
    good.then_some(QuickInline { window, spaces: before_ranges, len: len as usize })
}

impl QuickInline<'_> {
    /// Call `found` with each (address, size) until it returns `false`.
    #[inline(always)]
    pub(crate) fn each_range(&self, mut found: impl FnMut(u64, u64) -> bool) {
        let mut spaces = self.spaces;
        while let (Some(address), Some(size)) = (self.number(&mut spaces), self.number(&mut spaces)) {
            if !found(address, size) {
                break;
            }
        }
    }

    /// The number after the next space.
    #[inline(always)]
    fn number(&self, spaces: &mut u64) -> Option<u64> {
        if *spaces == 0 {
            return None;
        }
        let start = spaces.trailing_zeros() + 1;
        *spaces &= *spaces - 1;
        let end = if *spaces == 0 { self.len as u32 } else { spaces.trailing_zeros() };
        // Eight bytes that end with the digits: there are always some before a number.
        Some(hex8_before(self.window, end as usize, (end - start).min(8)))
    }

    /// Depth, call line, call file, origin.
    #[inline]
    pub(crate) fn numbers(&self) -> [u32; 4] {
        decimals(self.window.get(KEYWORD.len()..).unwrap_or_default())
    }
}
