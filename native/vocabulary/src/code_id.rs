//! Code ids: what identifies an image file itself, in contrast to its debug information.
//!
//! Windows: time stamp and size. ELF: the build id. Apple: the UUID. All are spelled in lower-case hex.

use crate::debug_id::DebugId;

/// Bytes in the shortest build id: eight, as some linkers write. A time stamp and a size have fewer digits, but for
/// images of 256 MiB and more.
const SHORTEST_BUILD_ID: usize = 8;
/// Bytes in the longest build id that is accepted.
const LONGEST_BUILD_ID: usize = 64;

/// How Windows identifies an image file: time stamp and size. Symbol servers of Microsoft spell the time
/// stamp in upper case; other tools, and reports, all in lower case.
#[must_use]
pub fn of_pe(timestamp: u32, size: u32) -> String {
    format!("{timestamp:08x}{size:x}")
}

/// The debug ids that tools derive from a build id (ELF) or a UUID (Apple), the likelier first; none of a time stamp
/// and a size.
#[must_use]
pub fn debug_ids(code_id: &str) -> Vec<DebugId> {
    let Some(bytes) = bytes(code_id).filter(|bytes| (SHORTEST_BUILD_ID..=LONGEST_BUILD_ID).contains(&bytes.len()))
    else {
        return Vec::new();
    };
    let uuid = <[u8; 16]>::try_from(bytes.as_slice()).ok().map(DebugId::from_uuid);
    let mut ids: Vec<_> =
        [DebugId::from_build_id(&bytes), uuid].into_iter().flatten().filter(|id| !id.is_nil()).collect();
    ids.dedup();
    ids
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_ids_and_uuids_give_debug_ids() {
        let of = |code_id| debug_ids(code_id).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(of("66fd8eb84d848f592ab8ac49848281b2c48eef06"), ["B88EFD66844D598F2AB8AC49848281B20"]);
        assert_eq!(
            of("66FD8EB84D848F592AB8AC49848281B2"),
            ["B88EFD66844D598F2AB8AC49848281B20", "66FD8EB84D848F592AB8AC49848281B20"]
        );
        assert_eq!(of("66fd8eb84d848f59"), ["B88EFD66844D598F00000000000000000"]);
        for none in ["", "5f36a9e21a000", "66fd8eb84d848f5", "00000000000000000000000000000000", "zz"] {
            assert!(debug_ids(none).is_empty(), "{none}");
        }
    }
}
