//! The PDB information stream (1): which build it is, and the names of streams.

use vocabulary::DebugId;

use super::msf::Msf;
use crate::fields::Fields;
use crate::strings::Strings;

/// The version from which on files have a GUID.
const VC70: u32 = 20_000_404;

/// What the information stream says.
#[derive(Debug, Default)]
pub(super) struct Info {
    version: u32,
    signature: u32,
    guid: Option<[u8; 16]>,
    /// Number of the stream `/names`: the table of strings.
    pub(super) names: Option<u16>,
}

impl Info {
    /// Read the stream; `None`: the file does not have it, or it is cut.
    pub(super) fn of(msf: &Msf<'_>) -> Option<Self> {
        let bytes = msf.stream(1)?.bytes();
        let info = Fields(&bytes);
        let version = info.u32(0)?;
        let guid = (version >= VC70).then(|| info.bytes(12, 16)?.first_chunk().copied()).flatten();
        let names = guid.and_then(|_| named_stream(info, b"/names"));
        Some(Self { version, signature: info.u32(4)?, guid, names })
    }

    /// The id. `age` is that of the DBI stream: tools that change the file after linking raise the age of this stream,
    /// while images keep the age that they were linked with.
    pub(super) fn debug_id(&self, age: u32) -> Option<DebugId> {
        let id = match self.guid {
            Some(guid) => DebugId::from_guid_le(&guid, age),
            None if self.version < VC70 => DebugId::from_pdb20(self.signature, age),
            None => return None,
        };
        (!id.is_nil()).then_some(id)
    }
}

/// The number of a stream with a name: a buffer of names, then a hash table from their offsets to numbers.
fn named_stream(info: Fields<'_>, name: &[u8]) -> Option<u16> {
    let length = info.size(28)?;
    let names = Strings::new(info.bytes(32, length)?);
    let table = 32 + length;
    let count = info.size(table)?;
    // Two sets of bits: which slots are present, and which were deleted.
    let present = info.size(table + 8)?;
    let deleted = table.checked_add(12)?.checked_add(present.checked_mul(4)?)?;
    let entries = deleted.checked_add(4)?.checked_add(info.size(deleted)?.checked_mul(4)?)?;
    let entries = info.0.get(entries..)?;
    entries.as_chunks::<8>().0.iter().take(count).find_map(|entry| {
        let entry = Fields(entry);
        let is_it = names.at(entry.size(0)?).is_some_and(|found| found == name);
        is_it.then(|| u16::try_from(entry.u32(4)?).ok())?
    })
}
