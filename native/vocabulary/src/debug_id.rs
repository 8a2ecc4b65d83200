//! Identifiers of modules: debug ids and how formats spell them.
//!
//! A *debug id* says which build of a module a symbol file belongs to. Its Breakpad spelling is the
//! key of everything here: 32 upper-case hex digits of the GUID followed by the age in lower-case hex
//! without padding (`B88EFD66844D598F2AB8AC49848281B20`), or, for PDB 2.0, eight digits of the
//! signature and the age.

use std::borrow::Cow;
use std::fmt;

/// Hex digits of a GUID.
const GUID_DIGITS: usize = 32;
/// Hex digits of a PDB 2.0 signature.
const SIGNATURE_DIGITS: usize = 8;
/// The longest text that is taken for an id. Some writers pad the age.
const MAX_DIGITS: usize = 64;

/// Which build of a module a symbol file describes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct DebugId {
    /// The GUID in the order of its text (big-endian fields). PDB 2.0: the signature in bytes 0..4.
    guid: [u8; 16],
    age: u32,
    /// PDB 2.0 (`NB10`): only the first four bytes of `guid` count.
    short: bool,
}

impl DebugId {
    /// From a GUID as it lies in an `RSDS` record: the first three fields little-endian.
    #[must_use]
    pub fn from_guid_le(guid: &[u8; 16], age: u32) -> Self {
        let mut text = *guid;
        text[0..4].reverse();
        text[4..6].reverse();
        text[6..8].reverse();
        Self { guid: text, age, short: false }
    }

    /// From a UUID in text order, as Mach-O's `LC_UUID` holds it (age 0).
    #[must_use]
    pub const fn from_uuid(uuid: [u8; 16]) -> Self {
        Self { guid: uuid, age: 0, short: false }
    }

    /// From the signature and age of an `NB10` (PDB 2.0) record.
    #[must_use]
    pub fn from_pdb20(signature: u32, age: u32) -> Self {
        let mut guid = [0; 16];
        guid[..4].copy_from_slice(&signature.to_be_bytes());
        Self { guid, age, short: true }
    }

    /// From an ELF build id: its first 16 bytes, zero-padded, read as a little-endian GUID, age 0
    /// (Breakpad's convention). `None` for an empty or all-zero build id, which identifies nothing.
    #[must_use]
    pub fn from_build_id(build_id: &[u8]) -> Option<Self> {
        if build_id.iter().all(|&b| b == 0) {
            return None;
        }
        let mut guid = [0; 16];
        let n = build_id.len().min(16);
        guid[..n].copy_from_slice(&build_id[..n]);
        Some(Self::from_guid_le(&guid, 0))
    }

    /// Read the Breakpad spelling, upper or lower case, dashes allowed, zeros before the age ignored. A GUID without
    /// an age has age 0. `None` if the text is not a debug id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = Digits::of(text)?;
        let age = u32::from_str_radix(digits.age(), 16).ok()?;
        if let Some(text) = digits.guid() {
            let mut guid = [0; 16];
            for (byte, pair) in guid.iter_mut().zip(text.as_bytes().chunks(2)) {
                *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
            }
            Some(Self { guid, age, short: false })
        } else if digits.0.len() <= SIGNATURE_DIGITS + 8 {
            Some(Self::from_pdb20(u32::from_str_radix(digits.signature(), 16).ok()?, age))
        } else {
            None
        }
    }

    /// The canonical spelling of a debug id in any other: the one normaliser, for the keys of modules, the folders of
    /// stores and the rows of databases.
    ///
    /// Upper-case digits of the GUID or signature, then the age in lower case without leading zeros, no dashes. Digits
    /// that fit no known kind of id are spelled as a signature and an age, however long. `None` if the text is not made
    /// of 9 to 64 hex digits and dashes, or all digits are zero, which identifies nothing.
    #[must_use]
    pub fn canonical(text: &str) -> Option<String> {
        let digits = Digits::of(text)?;
        if digits.0.bytes().all(|digit| digit == b'0') {
            return None;
        }
        let head = digits.guid().unwrap_or(digits.signature());
        Some(head.to_ascii_uppercase() + &digits.age().to_ascii_lowercase())
    }

    /// Whether all bits are zero: a writer's way of saying "unknown".
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.guid == [0; 16] && self.age == 0
    }

    /// The GUID in text order; for PDB 2.0 the signature followed by zeros.
    #[must_use]
    pub const fn guid(&self) -> &[u8; 16] {
        &self.guid
    }

    /// The age: how often the PDB was rewritten; 0 for ELF and Mach-O.
    #[must_use]
    pub const fn age(&self) -> u32 {
        self.age
    }
}

/// The hex digits of an id, dashes removed.
struct Digits<'a>(Cow<'a, str>);

impl<'a> Digits<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let digits = if text.contains('-') { Cow::Owned(text.replace('-', "")) } else { Cow::Borrowed(text) };
        let fits = (SIGNATURE_DIGITS + 1..=MAX_DIGITS).contains(&digits.len());
        (fits && digits.bytes().all(|digit| digit.is_ascii_hexdigit())).then_some(Self(digits))
    }

    /// The digits of the GUID, if there are enough for one.
    fn guid(&self) -> Option<&str> {
        self.0.get(..GUID_DIGITS)
    }

    fn signature(&self) -> &str {
        &self.0[..SIGNATURE_DIGITS]
    }

    /// The digits of the age without leading zeros; `0` for none.
    fn age(&self) -> &str {
        let start = if self.0.len() >= GUID_DIGITS { GUID_DIGITS } else { SIGNATURE_DIGITS };
        match self.0[start..].trim_start_matches('0') {
            "" => "0",
            age => age,
        }
    }
}

impl fmt::Display for DebugId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = if self.short { &self.guid[..4] } else { &self.guid[..] };
        // One call: every module of every report is written.
        let mut text = [0; GUID_DIGITS + 8];
        let mut len = 0;
        let mut push = |digits: &[u8; 16], nibble: u32| {
            text[len] = digits[(nibble & 15) as usize];
            len += 1;
        };
        for &byte in bytes {
            push(b"0123456789ABCDEF", u32::from(byte >> 4));
            push(b"0123456789ABCDEF", u32::from(byte));
        }
        // Breakpad and rust-minidump print the age in lower case; symbol stores are compared without case.
        let digits = (u32::BITS - self.age.leading_zeros()).div_ceil(4).max(1);
        for digit in (0..digits).rev() {
            push(b"0123456789abcdef", self.age >> (4 * digit));
        }
        f.write_str(std::str::from_utf8(&text[..len]).unwrap_or_default())
    }
}

impl fmt::Debug for DebugId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DebugId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn build_id_is_swapped_as_a_guid() {
        let build_id = [
            0x66, 0xfd, 0x8e, 0xb8, 0x4d, 0x84, 0x8f, 0x59, 0x2a, 0xb8, 0xac, 0x49, 0x84, 0x82, 0x81, 0xb2, 0xc4, 0x8e,
            0xef, 0x06,
        ];
        let id = DebugId::from_build_id(&build_id).expect("not nil");
        assert_eq!(id.to_string(), "B88EFD66844D598F2AB8AC49848281B20");
        assert_eq!(DebugId::from_build_id(&[0; 20]), None);
        assert_eq!(DebugId::from_build_id(&[]), None);
    }

    #[test]
    fn spellings_round_trip() {
        for text in ["B88EFD66844D598F2AB8AC49848281B20", "5A9832E5287241C1838ED98914E9B7FF1f", "4A5B6C7D2"] {
            let id = DebugId::parse(text).expect(text);
            assert_eq!(id.to_string(), text);
            assert_eq!(DebugId::parse(&text.to_lowercase()), Some(id));
        }
        assert_eq!(
            DebugId::parse("b88efd66-844d-598f-2ab8-ac49848281b2-0"),
            DebugId::parse("B88EFD66844D598F2AB8AC49848281B20")
        );
        for bad in
            ["", "zz", "12345678", "5A9832E5287241C1838ED98914E9B7FF123456789", "5A9832E5287241C1 838ED98914E9B7FF1"]
        {
            assert_eq!(DebugId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn one_spelling_of_each_id() {
        for (text, expected) in [
            ("2D3F8A10C46B4C0B9C1E0123456789AB1f", Some("2D3F8A10C46B4C0B9C1E0123456789AB1f")),
            ("2d3f8a10-c46b-4c0b-9c1e-0123456789ab-1F", Some("2D3F8A10C46B4C0B9C1E0123456789AB1f")),
            ("2d3f8a10c46b4c0b9c1e0123456789ab0000001F", Some("2D3F8A10C46B4C0B9C1E0123456789AB1f")),
            ("2D3F8A10C46B4C0B9C1E0123456789AB", Some("2D3F8A10C46B4C0B9C1E0123456789AB0")),
            ("5f36a9e21A000", Some("5F36A9E21a000")),
            ("2d3f8a10c46b4c0b9c1e", Some("2D3F8A10c46b4c0b9c1e")),
            ("000000000000000000000000000000000", None),
            ("2D3F8A10", None),
            ("2D3F8A10C46B4C0B9C1E0123456789AB1f\n", None),
            ("", None),
        ] {
            assert_eq!(DebugId::canonical(text).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_displayed_as_its_canonical_spelling(text in "[0-9a-fA-F-]{0,70}") {
            if let Some(id) = DebugId::parse(&text) {
                let canonical = DebugId::canonical(&text);
                prop_assert_eq!(canonical.is_none(), id.is_nil());
                prop_assert!(canonical.is_none_or(|canonical| canonical == id.to_string()));
            }
        }
    }
}
