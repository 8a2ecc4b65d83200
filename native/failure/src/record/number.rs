//! Numbers in records: JSON numbers, or hexadecimal text with or without `0x`.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

/// A number; None: the text is not a number (`unknown`, empty). Negative numbers keep their 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Number(pub(super) Option<u64>);

impl Number {
    /// The low 32 bits, which is what codes and signals have.
    pub(super) fn low(self) -> Option<u32> {
        self.0.map(|value| value as u32)
    }
}

/// Reads the hexadecimal number a text begins with: `c0000005`, `0x000001f3``ef330000`, `ffff / 1f8`.
pub(super) fn hex(text: &str) -> Option<u64> {
    let text = text.trim_start();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let mut value: u64 = 0;
    let mut any = false;
    for byte in digits.bytes() {
        match char::from(byte).to_digit(16) {
            Some(digit) => {
                value = value.checked_mul(16)?.checked_add(u64::from(digit))?;
                any = true;
            }
            // WinDbg parts the halves of a 64-bit number.
            None if byte == b'`' => {}
            None if byte.is_ascii_alphanumeric() || byte == b'_' => return None,
            None => break,
        }
    }
    any.then_some(value)
}

/// A JSON number of 64 bits, signed or not, as its bits.
pub(super) fn bits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    struct Bits;
    impl Visitor<'_> for Bits {
        type Value = i64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number")
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
            Ok(value)
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
            Ok(value as i64)
        }
    }
    deserializer.deserialize_i64(Bits)
}

impl<'de> serde::Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or its hexadecimal text")
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
                Ok(Number(Some(value)))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
                Ok(Number(Some(value as u64)))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
                Err(E::custom(format!("{value} is not a whole number")))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                Ok(Number(hex(text)))
            }

            fn visit_unit<E: Error>(self) -> Result<Number, E> {
                Ok(Number(None))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(hex("c0000005"), Some(0xc000_0005));
        assert_eq!(hex("0x000001f3`ef330000"), Some(0x01f3_ef33_0000));
        assert_eq!(hex("ffffffffffffffff / 1f8"), Some(u64::MAX));
        assert_eq!(hex("7"), Some(7));
        for text in ["", "0x", "unknown", "fault_1", "1ffffffffffffffff"] {
            assert_eq!(hex(text), None, "{text}");
        }
    }
}
