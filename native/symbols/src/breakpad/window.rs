//! The first bytes of a line, classified at once.
//!
//! Nearly every line of a symbol file is a line record of some twenty bytes. One look at a window of
//! 32 bytes gives the end of the line, its fields and whether they are numbers, without a
//! branch per byte. `wide` maps it to SSE2 or NEON, and to plain words elsewhere.

use wide::u8x16;

/// Bytes a [`Masks`] describes.
pub(crate) const WINDOW: usize = 32;

/// One bit per byte of the window, lowest bit first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Masks {
    /// LF or CR.
    pub(crate) eol: u32,
    /// The space character. Lines with tabs are parsed the slow way.
    pub(crate) space: u32,
    /// Neither a space nor `0-9`. The combinations are made here and not by the callers: the
    /// compiler generates slow code for logic on single masks.
    pub(crate) not_dec: u32,
    /// Neither a space nor `0-9`, `a-f`, `A-F`.
    pub(crate) not_hex: u32,
}

#[inline(always)]
pub(crate) fn masks(window: &[u8; WINDOW]) -> Masks {
    let halves = window.as_chunks::<16>().0;
    let (low, high) = (half(halves[0]), half(halves[1]));
    Masks {
        eol: low.eol | high.eol << 16,
        space: low.space | high.space << 16,
        not_dec: low.not_dec | high.not_dec << 16,
        not_hex: low.not_hex | high.not_hex << 16,
    }
}

#[inline(always)]
fn half(bytes: [u8; 16]) -> Masks {
    let v = u8x16::new(bytes);
    let is = |b: u8| v.simd_eq(u8x16::splat(b));
    // Shifted to begin at zero, a range is all that is at most its length.
    let digit = (v - u8x16::splat(b'0')).simd_le(u8x16::splat(9));
    let letter = ((v | u8x16::splat(0x20)) - u8x16::splat(b'a')).simd_le(u8x16::splat(5));
    let space = is(b' ');
    let dec = digit | space;
    Masks {
        eol: (is(b'\n') | is(b'\r')).to_bitmask(),
        space: space.to_bitmask(),
        not_dec: (!dec).to_bitmask(),
        not_hex: (!(dec | letter)).to_bitmask(),
    }
}

/// Where the line ends in two windows: one bit per LF or CR.
#[inline(always)]
pub(crate) fn line_ends(bytes: &[u8; 2 * WINDOW]) -> u64 {
    let quarters = bytes.as_chunks::<16>().0;
    let ends = |quarter: &[u8; 16]| {
        let v = u8x16::new(*quarter);
        u64::from((v.simd_eq(u8x16::splat(b'\n')) | v.simd_eq(u8x16::splat(b'\r'))).to_bitmask())
    };
    ends(&quarters[0]) | ends(&quarters[1]) << 16 | ends(&quarters[2]) << 32 | ends(&quarters[3]) << 48
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(window: &[u8; WINDOW]) -> Masks {
        let mask = |f: fn(u8) -> bool| window.iter().rev().fold(0, |m, &b| m << 1 | u32::from(f(b)));
        Masks {
            eol: mask(|b| b == b'\n' || b == b'\r'),
            space: mask(|b| b == b' '),
            not_dec: mask(|b| b != b' ' && !b.is_ascii_digit()),
            not_hex: mask(|b| b != b' ' && !b.is_ascii_hexdigit()),
        }
    }

    #[test]
    fn every_byte_at_every_place() {
        for b in 0..=255u8 {
            for at in 0..WINDOW {
                let mut window = [b.wrapping_mul(31).wrapping_add(7); WINDOW];
                window[at] = b;
                assert_eq!(masks(&window), plain(&window), "{b:#x} at {at}");
                let mut two = [b' '; 2 * WINDOW];
                two[at + WINDOW] = b;
                two[at] = b'x';
                let want = u64::from(b == b'\n' || b == b'\r') << (at + WINDOW);
                assert_eq!(line_ends(&two), want, "{b:#x} at {at}");
            }
        }
    }
}
