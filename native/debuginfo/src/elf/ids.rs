//! The ids of an ELF file, as Breakpad makes them for symbol files and dumps.

use object::elf;
use vocabulary::DebugId;

use super::headers::Headers;

/// Bytes of a build id that are read; linkers write 8 to 32.
const LONGEST: usize = 64;
/// Bytes of `.text` that the id of a file without a build id is made of.
const HASHED: usize = 4096;

/// The bytes that identify a file: its build id, or else a hash of its code. `None`: it has neither, as a debug file of
/// an image without a build id.
pub(super) fn identifier(headers: &Headers<'_>) -> Option<Vec<u8>> {
    let id = headers.build_id.and_then(|id| id.get(..id.len().min(LONGEST))).map(<[u8]>::to_vec);
    id.or_else(|| hash_of_code(headers)).filter(|id| id.iter().any(|&byte| byte != 0))
}

/// The debug id of an identifier.
pub(super) fn debug_id(identifier: &[u8]) -> Option<DebugId> {
    DebugId::from_build_id(identifier)
}

/// The code id: the identifier in lower-case hex.
pub(super) fn code_id(identifier: &[u8]) -> String {
    identifier.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Breakpad's id for a file without a build id: the first page of `.text`, 16 bytes on top of each other by exclusive
/// or. The last 16 may extend past the end of the section (`HashElfTextSection` of its `file_id.cc`).
fn hash_of_code(headers: &Headers<'_>) -> Option<Vec<u8>> {
    let text = headers.section(b".text").filter(|text| text.kind == elf::SHT_PROGBITS)?;
    let start = usize::try_from(text.offset).ok()?;
    let size = usize::try_from(text.size).ok()?.min(HASHED).next_multiple_of(16);
    let page = headers.bytes.get(start..)?;
    let mut hash = vec![0; 16];
    for block in page.get(..size).unwrap_or(page).chunks(16) {
        for (sum, byte) in hash.iter_mut().zip(block) {
            *sum ^= byte;
        }
    }
    Some(hash)
}
