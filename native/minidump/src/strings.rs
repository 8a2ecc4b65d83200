//! Texts in dumps: UTF-16 and UTF-8 that may be broken.

/// UTF-16, little-endian, as far as it is whole units. Lone surrogates become U+FFFD; NULs at the end,
/// which some writers count in, are dropped.
pub(crate) fn utf16(bytes: &[u8]) -> String {
    let mut end = bytes.len() & !1;
    while end >= 2 && bytes[end - 2..end] == [0, 0] {
        end -= 2;
    }
    let pairs = bytes[..end].chunks_exact(2);
    // Nearly all names are ASCII: two simple passes over them are cheaper than decoding.
    if pairs.clone().fold(0, |all, pair| all | pair[0] & 0x80 | pair[1]) == 0 {
        return String::from_utf8(pairs.map(|pair| pair[0]).collect()).unwrap_or_default();
    }
    let units = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// UTF-16 in a field of fixed size: up to the first NUL.
pub(crate) fn utf16_until_nul(bytes: &[u8]) -> String {
    let end = bytes.chunks_exact(2).position(|unit| unit == [0, 0]).map_or(bytes.len(), |units| units * 2);
    utf16(&bytes[..end])
}

/// UTF-8; what is broken becomes U+FFFD, NULs at the end are dropped.
pub(crate) fn utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(trim_nuls(bytes)).into_owned()
}

/// Bytes without the NULs at their end.
pub(crate) fn trim_nuls(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
    &bytes[..end]
}

/// Bytes up to the first NUL.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    memchr::memchr(0, bytes).map_or(bytes, |end| &bytes[..end])
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| DIGITS[usize::from(half)]);
    String::from_utf8(digits.collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn utf16_of_all_kinds() {
        assert_eq!(utf16(&encode("ntdll.dll")), "ntdll.dll");
        assert_eq!(utf16(&encode("Ελλάς 🦀.dll")), "Ελλάς 🦀.dll");
        assert_eq!(utf16(&encode("counted NUL\0\0")), "counted NUL");
        assert_eq!(utf16(&[0x00, 0xd8, b'a', 0]), "\u{fffd}a");
        assert_eq!(utf16(b"a\0b"), "a");
        assert_eq!(utf16(&[]), "");
        assert_eq!(utf16_until_nul(&encode("ab\0cd")), "ab");
    }

    #[test]
    fn bytes_of_all_kinds() {
        assert_eq!(utf8(b"a\xff\0\0"), "a\u{fffd}");
        assert_eq!(until_nul(b"ab\0c"), b"ab");
        assert_eq!(trim_nuls(b"a\0b\0\0"), b"a\0b");
        assert_eq!(hex(&[0x0f, 0xa0]), "0fa0");
    }
}
