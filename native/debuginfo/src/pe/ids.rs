//! The ids of a PE file, as Breakpad makes them for symbol files and dumps.

use vocabulary::DebugId;

use super::headers::{DEBUG, Headers};
use crate::fields::Fields;

/// Bytes of an entry of the debug directory.
const ENTRY: usize = 28;
/// The kind of entry that leads to a CodeView record.
const CODEVIEW: u32 = 2;
/// Entries that are looked at. Real files have up to six.
const ENTRIES: usize = 64;

/// The debug id: of the PDB that belongs to the file, or the build id of MinGW's linker in the same form. `None`: the file
/// has no CodeView record.
pub(super) fn debug_id(headers: &Headers<'_>) -> Option<DebugId> {
    let (address, size) = headers.directory(DEBUG)?;
    let entries = headers.at(address)?;
    let entries = entries.get(..usize::try_from(size).ok()?).unwrap_or(entries);
    entries.chunks_exact(ENTRY).take(ENTRIES).find_map(|entry| {
        let entry = Fields(entry);
        let (kind, size) = (entry.u32(12)?, entry.size(16)?);
        if kind != CODEVIEW {
            return None;
        }
        // Where the record is in memory and where in the file; a file that was stripped may have the first alone right.
        let in_memory = entry.u32(20).filter(|&address| address != 0).and_then(|address| headers.at(address));
        let in_file = || headers.bytes.get(entry.size(24)?..);
        let record = in_memory.or_else(in_file)?;
        codeview(Fields(record.get(..size).unwrap_or(record)))
    })
}

/// `RSDS`, GUID, age, path: PDB 7.0. `NB10`, an offset, signature, age, path: PDB 2.0.
fn codeview(record: Fields<'_>) -> Option<DebugId> {
    let id = match record.bytes(0, 4)? {
        b"RSDS" => DebugId::from_guid_le(record.bytes(4, 16)?.first_chunk()?, record.u32(20)?),
        b"NB10" => DebugId::from_pdb20(record.u32(8)?, record.u32(12)?),
        _ => return None,
    };
    (!id.is_nil()).then_some(id)
}

/// The code id: time stamp and size of the image.
pub(super) fn code_id(headers: &Headers<'_>) -> String {
    format!("{:08X}{:x}", headers.time_stamp, headers.size_of_image)
}
