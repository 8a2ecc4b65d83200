//! Hexadecimal text, the spelling of every address in a report.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Append `0x` and the value in lower case, padded with zeros to `width` digits (at most 16).
pub(crate) fn push(out: &mut Vec<u8>, value: u64, width: usize) {
    let mut text = *b"0x0000000000000000";
    let needed = (16 - value.leading_zeros() as usize / 4).max(width).clamp(1, 16);
    let mut rest = value;
    for slot in text[2..2 + needed].iter_mut().rev() {
        *slot = DIGITS[(rest & 15) as usize];
        rest >>= 4;
    }
    out.extend_from_slice(&text[..2 + needed]);
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
        ] {
            let mut out = Vec::new();
            push(&mut out, value, width);
            assert_eq!(String::from_utf8_lossy(&out), text);
        }
    }
}
