//! Files that have a part of a build's debug information: those of split DWARF, packages of them, what several files share,
//! the file that the debug information was moved to, and object files that it was left in.
//!
//! A reader says which it needs ([`crate::reader::Reader::companions`]), the caller finds them ([`find`]), and the reader gets
//! their bytes. No reader opens a file by itself, and none is used whose id is not the one that is asked for.

mod finding;

pub use finding::{Found, find};

/// A file that a build needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Companion {
    /// A package of split units: the build's own name with `.dwp`.
    Package,
    /// One split unit, by its id.
    Split {
        /// The path that the compiler wrote it to.
        path: Vec<u8>,
        /// The id, also in the file.
        id: u64,
    },
    /// What several files share (dwz), by its build id.
    Shared {
        /// Its path, which is relative to the folder of the build if it is not absolute.
        path: Vec<u8>,
        /// The build id.
        build_id: Vec<u8>,
    },
    /// The file that the debug information was moved to, of a build that no id ties to it (`.gnu_debuglink`).
    Linked {
        /// Its name.
        path: Vec<u8>,
        /// The CRC-32 of its bytes.
        checksum: u32,
    },
    /// An object file that was linked into the build and kept its debug information.
    Object {
        /// The path that the linker read it from, or that of the archive with it.
        path: Vec<u8>,
        /// Its name in the archive, if it was in one.
        member: Option<Vec<u8>>,
    },
}

impl Companion {
    /// What `.gnu_debuglink` says, in little-endian files: a name with a zero byte, padded to a multiple of 4, and the checksum.
    pub(crate) fn linked(section: &[u8]) -> Option<Self> {
        let end = memchr::memchr(0, section)?;
        let checksum = section.get((end + 1).next_multiple_of(4)..)?.first_chunk()?;
        let path = section.get(..end).filter(|name| !name.is_empty())?.to_vec();
        Some(Self::Linked { path, checksum: u32::from_le_bytes(*checksum) })
    }

    /// Whether a file is the one, as far as that can be said by a checksum.
    fn is_in(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Linked { checksum, .. } => crc32fast::hash(bytes) == *checksum,
            Self::Package | Self::Split { .. } | Self::Shared { .. } | Self::Object { .. } => true,
        }
    }
}

/// The bytes of companions.
#[derive(Clone, Debug, Default)]
pub struct Companions<'d> {
    list: Vec<(&'d Companion, &'d [u8])>,
}

impl<'d> Companions<'d> {
    /// The bytes of one.
    #[must_use]
    pub fn get(&self, companion: &Companion) -> Option<&'d [u8]> {
        self.list.iter().find(|(known, _)| *known == companion).map(|(_, bytes)| *bytes)
    }

    /// The bytes of the file that the debug information was moved to.
    pub(crate) fn linked(&self) -> Option<&'d [u8]> {
        self.iter().find(|(known, _)| matches!(known, Companion::Linked { .. })).map(|(_, bytes)| bytes)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'d Companion, &'d [u8])> + '_ {
        self.list.iter().copied()
    }
}

impl<'d> FromIterator<(&'d Companion, &'d [u8])> for Companions<'d> {
    fn from_iter<T: IntoIterator<Item = (&'d Companion, &'d [u8])>>(list: T) -> Self {
        Self { list: list.into_iter().collect() }
    }
}
