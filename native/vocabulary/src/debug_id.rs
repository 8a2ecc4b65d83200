//! Identifiers of modules: debug ids and how formats spell them.
//!
//! A *debug id* says which build of a module a symbol file belongs to. Its Breakpad spelling is the
//! key of everything here: 32 upper-case hex digits of the GUID followed by the age in lower-case hex
//! without padding (`B88EFD66844D598F2AB8AC49848281B20`), or, for PDB 2.0, eight digits of the
//! signature and the age.

use std::fmt;

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

    /// Read the Breakpad spelling, upper or lower case, dashes allowed. `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = [0u8; 40];
        let mut n = 0;
        for b in text.bytes().filter(|&b| b != b'-') {
            if n == digits.len() || !b.is_ascii_hexdigit() {
                return None;
            }
            digits[n] = b;
            n += 1;
        }
        let digits = std::str::from_utf8(&digits[..n]).ok()?;
        if n >= 32 {
            let mut guid = [0; 16];
            for (byte, pair) in guid.iter_mut().zip(digits.as_bytes().chunks(2)) {
                *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
            }
            let age = if n == 32 { 0 } else { u32::from_str_radix(&digits[32..], 16).ok()? };
            Some(Self { guid, age, short: false })
        } else if (9..=16).contains(&n) {
            let signature = u32::from_str_radix(&digits[..8], 16).ok()?;
            Some(Self::from_pdb20(signature, u32::from_str_radix(&digits[8..], 16).ok()?))
        } else {
            None
        }
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

impl fmt::Display for DebugId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = if self.short { &self.guid[..4] } else { &self.guid[..] };
        for b in bytes {
            write!(f, "{b:02X}")?;
        }
        // Breakpad and rust-minidump print the age in lower case; symbol stores are compared without case.
        write!(f, "{:x}", self.age)
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
}
