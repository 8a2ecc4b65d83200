//! The first bytes of a line, classified all at once.
//!
//! Nearly every line of a symbol file is a line record of some twenty bytes. One look at a window of
//! 32 bytes tells where the line ends, where its fields are and whether they are numbers, without a
//! branch per byte. `wide` maps it to SSE2 or NEON, and to plain words elsewhere.

use wide::{CmpEq as _, CmpLe as _, u8x16};

/// Bytes a [`Masks`] describes.
pub(crate) const WINDOW: usize = 32;

/// One bit per byte of the window, lowest bit first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Masks {
    /// LF or CR.
    pub(crate) eol: u32,
    /// The space; a tab is none, lines with tabs take the slow way.
    pub(crate) space: u32,
    /// `0-9`
    pub(crate) digit: u32,
    /// `0-9`, `a-f`, `A-F`
    pub(crate) hex: u32,
}

#[inline(always)]
pub(crate) fn masks(window: &[u8; WINDOW]) -> Masks {
    let halves = window.as_chunks::<16>().0;
    let (low, high) = (half(halves[0]), half(halves[1]));
    Masks {
        eol: low.eol | high.eol << 16,
        space: low.space | high.space << 16,
        digit: low.digit | high.digit << 16,
        hex: low.hex | high.hex << 16,
    }
}

#[inline(always)]
fn half(bytes: [u8; 16]) -> Masks {
    let v = u8x16::new(bytes);
    let is = |b: u8| v.simd_eq(u8x16::splat(b));
    // Shifted to begin at zero, a range is all that is at most its length.
    let digit = (v - u8x16::splat(b'0')).simd_le(u8x16::splat(9));
    let letter = ((v | u8x16::splat(0x20)) - u8x16::splat(b'a')).simd_le(u8x16::splat(5));
    Masks {
        eol: (is(b'\n') | is(b'\r')).to_bitmask(),
        space: is(b' ').to_bitmask(),
        digit: digit.to_bitmask(),
        hex: (digit | letter).to_bitmask(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(window: &[u8; WINDOW]) -> Masks {
        let mask = |f: fn(u8) -> bool| window.iter().rev().fold(0, |m, &b| m << 1 | u32::from(f(b)));
        Masks {
            eol: mask(|b| b == b'\n' || b == b'\r'),
            space: mask(|b| b == b' '),
            digit: mask(|b| b.is_ascii_digit()),
            hex: mask(|b| b.is_ascii_hexdigit()),
        }
    }

    #[test]
    fn every_byte_at_every_place() {
        for b in 0..=255u8 {
            for at in 0..WINDOW {
                let mut window = [b.wrapping_mul(31).wrapping_add(7); WINDOW];
                window[at] = b;
                assert_eq!(masks(&window), plain(&window), "{b:#x} at {at}");
            }
        }
    }
}
