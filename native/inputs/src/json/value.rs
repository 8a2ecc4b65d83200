//! Scalars, leniently: numbers in quotes, strings without, addresses in any spelling.

use std::borrow::Cow;

use super::reader::{Reader, Shape};
use crate::limits;

impl<'a> Reader<'a> {
    /// A string. Numbers and words pass as text, null is absent.
    pub(crate) fn string(&mut self) -> Option<Cow<'a, str>> {
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => Some(self.quoted(quote).1),
            _ if self.shape() == Shape::Word => {
                if self.null() {
                    return None;
                }
                let word = self.word();
                self.note("a string without quotes");
                Some(Cow::Borrowed(word))
            }
            _ => {
                self.wrong("a string");
                None
            }
        }
    }

    /// A string that says something: empty is absent.
    pub(crate) fn text(&mut self) -> Option<String> {
        self.string().filter(|text| !text.is_empty()).map(Cow::into_owned)
    }

    /// A number or a string, as text without a note: for fields that writers spell either way.
    pub(crate) fn scalar(&mut self) -> Option<Cow<'a, str>> {
        if self.shape() == Shape::Word {
            if self.null() {
                return None;
            }
            return Some(Cow::Borrowed(self.word()));
        }
        self.string()
    }

    /// A whole number that is not negative.
    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        let number = self.integer()?;
        let unsigned = u64::try_from(number).ok();
        if unsigned.is_none() {
            self.note(format!("{number} is out of range"));
        }
        unsigned
    }

    /// A register or a code: negative numbers are the same bits.
    pub(crate) fn bits(&mut self) -> Option<u64> {
        let number = self.integer()?;
        let bits = u64::try_from(number).ok().or_else(|| i64::try_from(number).ok().map(i64::cast_unsigned));
        if bits.is_none() {
            self.note(format!("{number} is out of range"));
        }
        bits
    }

    /// A whole number. In quotes it is decimal, or hexadecimal after `0x`.
    pub(crate) fn integer(&mut self) -> Option<i128> {
        if let Some(number) = self.plain_digits() {
            return Some(i128::from(number));
        }
        let quoted = self.shape() == Shape::String;
        if !quoted && self.shape() != Shape::Word {
            self.wrong("a number");
            return None;
        }
        let text = self.scalar()?;
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        match whole(text) {
            Some(number) => {
                if quoted {
                    self.note("a string instead of a number");
                }
                Some(number)
            }
            None => {
                self.note(format!("{} is not a whole number", quote(text)));
                None
            }
        }
    }

    /// Unsigned digits without quotes, nearly all numbers there are. Nothing is read if it is something else.
    fn plain_digits(&mut self) -> Option<u64> {
        let shape = self.shape();
        if shape != Shape::Word {
            return None;
        }
        let rest = self.rest();
        let length = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
        if length == 0
            || length > 19
            || rest.get(length).is_some_and(|b| !matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r'))
        {
            return None;
        }
        let number = rest[..length].iter().fold(0u64, |n, b| n * 10 + u64::from(b - b'0'));
        self.advance(length);
        Some(number)
    }

    /// An address: a JSON number is decimal, a string hexadecimal with or without `0x`.
    pub(crate) fn address(&mut self) -> Option<u64> {
        if let Some(address) = self.plain_address() {
            return Some(address);
        }
        if self.shape() != Shape::String {
            return self.bits();
        }
        let text = self.string()?;
        let trimmed = trim(&text);
        let address = hexadecimal(trimmed);
        if address.is_none() && !trimmed.is_empty() {
            self.note(format!("{} is not an address", quote(trimmed)));
        }
        address
    }

    /// `"0x` and up to 16 digits, as nearly all addresses are. Nothing is read if it is something else.
    fn plain_address(&mut self) -> Option<u64> {
        const DIGITS: usize = 16;
        self.peek();
        let digits = self.rest().strip_prefix(b"\"0x")?;
        let (mut address, mut length) = (0, 0);
        for digit in digits.iter().take(DIGITS).map(|&b| digit(b)).take_while(|&digit| digit < 16) {
            address = address << 4 | u64::from(digit);
            length += 1;
        }
        if length == 0 || digits.get(length) != Some(&b'"') {
            return None;
        }
        self.advance(length + "\"0x\"".len());
        Some(address)
    }

    /// A truth value.
    pub(crate) fn boolean(&mut self) -> Option<bool> {
        if !matches!(self.shape(), Shape::Word | Shape::String) {
            self.wrong("true or false");
            return None;
        }
        let text = self.scalar()?;
        match text.trim() {
            "true" | "True" | "TRUE" | "1" | "yes" => Some(true),
            "false" | "False" | "FALSE" | "0" | "no" => Some(false),
            "" => None,
            other => {
                let message = format!("{} instead of true or false", quote(other));
                self.note(message);
                None
            }
        }
    }

    /// Any value as text, up to a limit: strings without quotes, everything else as it stands.
    pub(crate) fn any(&mut self) -> Option<String> {
        let mut text = match self.shape() {
            Shape::String => self.string()?.into_owned(),
            Shape::Nothing => return None,
            Shape::Word if self.null() => return None,
            _ => self.raw().to_owned(),
        };
        if text.len() > limits::ENTRY_BYTES {
            text.truncate(up_to(&text, limits::ENTRY_BYTES).len());
            text.push('…');
            self.note("long; the rest is left out");
        }
        (!text.is_empty()).then_some(text)
    }
}

/// A whole number as text: decimal with a sign, `0x` hexadecimal, or a decimal fraction of zeros (`12.0`).
pub(crate) fn whole(text: &str) -> Option<i128> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16).ok().map(i128::from);
    }
    if let Ok(number) = text.parse::<i128>() {
        return Some(number);
    }
    let number = text.parse::<f64>().ok()?;
    // Beyond 2^53 a float does not say which whole number was meant.
    #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i128)
}

/// An address as text: hexadecimal, with or without `0x`.
pub(crate) fn hexadecimal(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text).as_bytes();
    let zeros = digits.iter().take_while(|&&b| b == b'0').count();
    if digits.is_empty() || digits.len() - zeros > 16 {
        return None;
    }
    let (mut number, mut all) = (0u64, 0);
    for &b in &digits[zeros..] {
        let digit = digit(b);
        all |= digit;
        number = number << 4 | u64::from(digit & 0xf);
    }
    (all < 16).then_some(number)
}

/// The value of a hexadecimal digit; 255 for every other byte.
fn digit(byte: u8) -> u8 {
    const VALUES: [u8; 256] = {
        let mut values = [u8::MAX; 256];
        let mut value = 0;
        while value < 16 {
            values[b"0123456789abcdef"[value as usize] as usize] = value;
            values[b"0123456789ABCDEF"[value as usize] as usize] = value;
            value += 1;
        }
        values
    };
    VALUES[usize::from(byte)]
}

/// [`str::trim`], which looks for white space of all scripts, only where there may be some.
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        [b' ', inner @ .., last] if inner.first().is_some_and(u8::is_ascii_graphic) && last.is_ascii_graphic() => {
            &text[1..]
        }
        _ => text.trim(),
    }
}

/// The begin of a text in quotes, for notes.
pub(crate) fn quote(text: &str) -> String {
    const SHOWN: usize = 40;
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() { format!("{shown:?}…") } else { format!("{shown:?}") }
}

/// The begin of a text that is shown in a note.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN: usize = 60;
    text.chars().take(SHOWN).filter(|c| !c.is_control()).collect()
}

/// A text up to so many bytes, and not into a character.
pub(crate) fn up_to(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
