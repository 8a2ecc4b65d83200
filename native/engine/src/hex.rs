//! Hexadecimal text, the spelling of every address in a report.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Append `0x` and the value in lower case, padded with zeros to `width` digits (at most 16).
pub(crate) fn push(out: &mut Vec<u8>, value: u64, width: usize) {
    let needed = (16 - value.leading_zeros() as usize / 4).max(width).clamp(1, 16);
    let digits = u128::from(eight_digits(value >> 32)) << 64 | u128::from(eight_digits(value & 0xffff_ffff));
    out.extend_from_slice(b"0x");
    out.extend_from_slice(&digits.to_be_bytes()[16 - needed..]);
}

/// The digits of 32 bits, all at once: a nibble to each byte, and of these the characters. The first is in the highest byte.
#[inline]
fn eight_digits(value: u64) -> u64 {
    const LOW: u64 = 0x0f0f_0f0f_0f0f_0f0f;
    let halves = (value | value << 16) & 0x0000_ffff_0000_ffff;
    let bytes = (halves | halves << 8) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (bytes | bytes << 4) & LOW;
    // One in the bytes that are more than 9.
    let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    let to_letter = u64::from(b'a' - b'9' - 1);
    nibbles + 0x3030_3030_3030_3030 + letters * to_letter
}

/// Append two digits.
pub(crate) fn push_byte(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// Bytes as lower-case digits.
pub(crate) fn text(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend([digit(byte >> 4), digit(*byte)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_to_the_width_and_never_cut() {
        for (value, width, text) in [
            (0, 0, "0x0"),
            (0, 8, "0x00000000"),
            (0xabc, 0, "0xabc"),
            (0x1_0000_0000, 8, "0x100000000"),
            (u64::MAX, 16, "0xffffffffffffffff"),
            (0x40_429e, 99, "0x000000000040429e"),
            (0x0123_4567_89ab_cdef, 0, "0x123456789abcdef"),
            (0xfedc_ba98_7654_3210, 0, "0xfedcba9876543210"),
        ] {
            let mut out = Vec::new();
            push(&mut out, value, width);
            assert_eq!(String::from_utf8_lossy(&out), text);
        }
    }
}
