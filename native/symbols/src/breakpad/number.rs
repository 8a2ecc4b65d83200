//! Numbers, as existing parsers read them.
//!
//! Breakpad reads addresses with `strtoull(…, 16)` and takes the largest value as "overflow", so
//! `0x10`, `+10` and even `-fffffffffffff000` are numbers there and `-1` is not. Everything after
//! the digits makes the field bad, except in STACK records, which it reads without any check.

/// A hexadecimal address or size. `None`: no digits, something glued to them, more than 64 bits, or
/// the value `u64::MAX`.
#[must_use]
pub(super) fn hex(token: &[u8]) -> Option<u64> {
    let (value, used) = hex_prefix(token)?;
    (used == token.len() && value != u64::MAX).then_some(value)
}

/// A hexadecimal number in a STACK record, as far as it can be read. Letters that are not digits end it, an
/// empty one is 0, too large a number saturates.
#[must_use]
pub(super) fn hex_unchecked(token: &[u8]) -> u64 {
    match hex_prefix(token) {
        Some((value, _)) => value,
        None if token.iter().any(u8::is_ascii_hexdigit) && !starts_without_digits(token) => u64::MAX,
        None => 0,
    }
}

/// A parameter size: hexadecimal, not negative, cut to 32 bits.
#[must_use]
pub(super) fn param_size(token: &[u8]) -> Option<u32> {
    if token.first() == Some(&b'-') {
        return None;
    }
    hex(token).map(low32)
}

/// A decimal line number, file id or origin id: not negative, below 2^63, cut to 32 bits
/// (4294967301 is 5, as in Breakpad).
#[must_use]
pub(super) fn dec(token: &[u8]) -> Option<u32> {
    let digits = match token {
        [b'+', digits @ ..] => digits,
        // The one number that a minus does not change.
        [b'-', digits @ ..] if digits.iter().all(|&b| b == b'0') => digits,
        _ => token,
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: u64 = 0;
    for &b in digits {
        let digit = b.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    (value < i64::MAX.unsigned_abs()).then_some(low32(value))
}

/// A line number: a negative one means an unknown line, which is 0 (as in Sentry's parser; Breakpad drops the record).
#[must_use]
pub(super) fn line(token: &[u8]) -> Option<u32> {
    match token.strip_prefix(b"-") {
        Some(digits) if !digits.starts_with(b"+") => dec(digits).map(|_| 0),
        _ => dec(token),
    }
}

/// A decimal id that may be negative, which means "unknown": `Some(None)`.
#[must_use]
pub(super) fn dec_or_unknown(token: &[u8]) -> Option<Option<u32>> {
    match (dec(token), token.strip_prefix(b"-")) {
        (None, Some(digits)) => dec(digits).map(|_| None),
        (id, _) => id.map(Some),
    }
}

/// `strtoull` with base 16: the value and how many bytes it took. `None` if there are no digits or
/// they do not fit 64 bits.
fn hex_prefix(token: &[u8]) -> Option<(u64, usize)> {
    let mut at = 0;
    let negative = token.first() == Some(&b'-');
    if negative || token.first() == Some(&b'+') {
        at = 1;
    }
    if let [b'0', b'x' | b'X', digit, ..] = token.get(at..)?
        && digit.is_ascii_hexdigit()
    {
        at += 2;
    }
    let first = at;
    let mut value: u64 = 0;
    while let Some(digit) = token.get(at).and_then(|&b| hex_digit(b)) {
        if value >> 60 != 0 {
            return None;
        }
        value = value << 4 | u64::from(digit);
        at += 1;
    }
    if at == first {
        return None;
    }
    Some((if negative { value.wrapping_neg() } else { value }, at))
}

fn starts_without_digits(token: &[u8]) -> bool {
    let rest = match token {
        [b'+' | b'-', rest @ ..] => rest,
        _ => token,
    };
    !rest.first().is_some_and(u8::is_ascii_hexdigit)
}

const fn hex_digit(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    }
}

/// The low 32 bits: the format's fields are C `int`s.
#[expect(clippy::cast_possible_truncation, reason = "the cut is the rule")]
pub(crate) const fn low32(value: u64) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal() {
        for (text, want) in [
            ("1000", Some(0x1000)),
            ("ABcd", Some(0xabcd)),
            ("0x1000", Some(0x1000)),
            ("+1000", Some(0x1000)),
            ("-fffffffffffff000", Some(0x1000)),
            ("fffffffffffffffe", Some(u64::MAX - 1)),
            ("-1", None),
            ("ffffffffffffffff", None),
            ("10000000000000000", None),
            ("00000000000000000010", Some(0x10)),
            ("10zz", None),
            ("0x", None),
            ("", None),
            ("+", None),
        ] {
            assert_eq!(hex(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn unchecked_hexadecimal() {
        for (text, want) in [
            ("zz", 0),
            ("10zz", 0x10),
            ("", 0),
            ("10000000000000000", u64::MAX),
            ("0x", 0),
            ("-1", u64::MAX),
            ("x1", 0),
        ] {
            assert_eq!(hex_unchecked(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn decimal() {
        for (text, want) in [
            ("0", Some(0)),
            ("+7", Some(7)),
            ("4294967301", Some(5)),
            ("-1", None),
            ("-0", Some(0)),
            ("-", None),
            ("9223372036854775807", None),
            ("99999999999999999999", None),
            ("1a", None),
            ("", None),
        ] {
            assert_eq!(dec(text.as_bytes()), want, "{text}");
        }
        for (text, want) in [("7", Some(7)), ("-7", Some(0)), ("-0", Some(0)), ("-+7", None), ("-x", None), ("", None)]
        {
            assert_eq!(line(text.as_bytes()), want, "{text}");
        }
        assert_eq!(dec_or_unknown(b"-1"), Some(None));
        assert_eq!(dec_or_unknown(b"-0"), Some(Some(0)));
        assert_eq!(dec_or_unknown(b"3"), Some(Some(3)));
        assert_eq!(dec_or_unknown(b"-x"), None);
        assert_eq!(param_size(b"-8"), None);
        assert_eq!(param_size(b"100000008"), Some(8));
    }
}
