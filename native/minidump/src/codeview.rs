//! CodeView records: which debug file belongs to a module.

use crate::reader::{array_at, u32_at};
use crate::strings::until_nul;

/// A module's CodeView record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CodeView<'a> {
    /// PDB 7.0: a GUID, an age and the path of the PDB. Old Breakpad on Linux and Android put the first
    /// 16 bytes of the build id into the GUID; writers on Apple systems put the UUID there.
    Rsds { guid: [u8; 16], age: u32, path: &'a [u8] },
    /// PDB 2.0: a time stamp, an age and the path of the PDB.
    Nb10 { timestamp: u32, age: u32, path: &'a [u8] },
    /// The whole build id of an ELF file (Crashpad, Breakpad since 2016).
    BuildId(&'a [u8]),
}

impl<'a> CodeView<'a> {
    /// Read a record; `None` if it is of another kind or cut. A path that is cut is taken as it is.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        match &array_at::<4>(bytes, 0)? {
            b"RSDS" => Some(Self::Rsds { guid: array_at(bytes, 4)?, age: u32_at(bytes, 20)?, path: path(bytes, 24) }),
            b"NB10" => {
                Some(Self::Nb10 { timestamp: u32_at(bytes, 8)?, age: u32_at(bytes, 12)?, path: path(bytes, 16) })
            }
            // 0x4270454c, which lies in the file as "LEpB".
            b"LEpB" => Some(Self::BuildId(clipped(&bytes[4..], LONGEST_BUILD_ID))),
            _ => None,
        }
    }
}

/// Bytes of a path and of a build id that are looked at. Any number of modules may share one record, and a record may
/// be as large as the file.
const LONGEST_PATH: usize = 1 << 12;
const LONGEST_BUILD_ID: usize = 1 << 10;

fn clipped(bytes: &[u8], length: usize) -> &[u8] {
    &bytes[..bytes.len().min(length)]
}

fn path(record: &[u8], offset: usize) -> &[u8] {
    until_nul(clipped(record.get(offset..).unwrap_or_default(), LONGEST_PATH))
}

/// The name in an `IMAGE_DEBUG_MISC` record, which linkers wrote before CodeView: `u32` type (1: the
/// name of the executable), `u32` length of all, `u8` whether it is UTF-16, three bytes of nothing.
pub(crate) fn debug_misc_name(bytes: &[u8]) -> Option<String> {
    if u32_at(bytes, 0)? != 1 {
        return None;
    }
    let length = (u32_at(bytes, 4)? as usize).min(bytes.len());
    let body = bytes.get(12..length)?;
    let name = if bytes.get(8)? & 1 == 1 {
        crate::strings::utf16_until_nul(body)
    } else {
        crate::strings::utf8(until_nul(body))
    };
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_all_kinds() {
        let mut rsds = b"RSDS".to_vec();
        rsds.extend((0..16).chain([2, 0, 0, 0]));
        rsds.extend(b"a.pdb\0junk");
        let guid = std::array::from_fn(|i| i as u8);
        assert_eq!(CodeView::parse(&rsds), Some(CodeView::Rsds { guid, age: 2, path: b"a.pdb" }));
        assert_eq!(CodeView::parse(&rsds[..24]), Some(CodeView::Rsds { guid, age: 2, path: b"" }));
        assert_eq!(CodeView::parse(&rsds[..23]), None);

        let nb10 = b"NB10\0\0\0\0\x78\x56\x34\x12\x07\0\0\0b.pdb";
        assert_eq!(CodeView::parse(nb10), Some(CodeView::Nb10 { timestamp: 0x1234_5678, age: 7, path: b"b.pdb" }));
        assert_eq!(CodeView::parse(b"LEpB\x01\x02\x03"), Some(CodeView::BuildId(&[1, 2, 3])));
        assert_eq!(CodeView::parse(b"NB09aaaaaaaaaaaaaaaa"), None);
        assert_eq!(CodeView::parse(b"RS"), None);
    }

    #[test]
    fn misc_names() {
        let mut misc = vec![1, 0, 0, 0, 18, 0, 0, 0, 0, 0, 0, 0];
        misc.extend(b"a.dbg\0");
        assert_eq!(debug_misc_name(&misc).as_deref(), Some("a.dbg"));
        misc[8] = 1;
        misc.truncate(12);
        misc.extend(b"b\0c\0\0\0");
        assert_eq!(debug_misc_name(&misc).as_deref(), Some("bc"));
        misc[0] = 2;
        assert_eq!(debug_misc_name(&misc), None);
    }
}
