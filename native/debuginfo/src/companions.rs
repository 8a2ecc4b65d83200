//! Files that have a part of a build's debug information: those of split DWARF, packages of them, what several files share,
//! and the file that the debug information was moved to.
//!
//! A reader says which it needs ([`crate::reader::Reader::companions`]), the caller finds them ([`find`]), and the reader gets
//! their bytes. No reader opens a file by itself, and none is used whose id is not the one that is asked for.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use symbols::index::Bytes;

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
            Self::Package | Self::Split { .. } | Self::Shared { .. } => true,
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

/// Files that were found, mapped.
#[derive(Debug, Default)]
pub struct Found {
    list: Vec<(Companion, PathBuf, Bytes)>,
}

impl Found {
    /// Their bytes.
    #[must_use]
    pub fn companions(&self) -> Companions<'_> {
        self.list.iter().map(|(companion, _, bytes)| (companion, &**bytes)).collect()
    }

    /// Their paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.list.iter().map(|(_, path, _)| path.as_path())
    }
}

/// How many folders above a file are searched, at most, and how many parts of a path are tried.
const DEPTH: usize = 8;

/// How many files may be missing before no more are looked for, and how many more for each that is found: a build has all
/// of its files or none, and a few bytes name one.
const MISSING: usize = 256;
const MISSING_EACH: usize = 4;

/// Find the companions of the build in the file at `path`. Only files in `root`, which is the file's folder or one above, are
/// opened: beside the file, below it, and in the folders up to `root`, by the end of the path that is known.
#[must_use]
pub fn find(path: &Path, root: &Path, wanted: &[Companion]) -> Found {
    let folder = path.parent().unwrap_or(Path::new(""));
    let folders: Vec<&Path> = folder.ancestors().take_while(|above| above.starts_with(root)).take(DEPTH).collect();
    let mut found = Found::default();
    // Where the last one was: how many parts of the path were left out, and the folder. Others are in the same place.
    let mut places: HashMap<usize, &Path> = HashMap::new();
    let mut missing = 0;
    let own_root = if root.as_os_str().is_empty() { Path::new(".") } else { root }.canonicalize().ok();
    for companion in wanted {
        if missing > MISSING + MISSING_EACH * found.list.len() {
            break;
        }
        let candidates = match companion {
            Companion::Package => packages(path),
            Companion::Linked { path: name, .. } => {
                let name = ends(name).pop();
                let beside = |folder: &&Path| {
                    let folder = folder.to_path_buf();
                    name.iter()
                        .flat_map(move |name| [folder.join(name), folder.join(".debug").join(name)])
                        .collect::<Vec<_>>()
                };
                folders.iter().flat_map(beside).collect()
            }
            Companion::Split { path: name, .. } | Companion::Shared { path: name, .. } => {
                let ends = ends(name);
                let known = ends.iter().enumerate().filter_map(|(at, end)| Some(places.get(&at)?.join(end)));
                let all = folders.iter().flat_map(|folder| ends.iter().map(move |end| folder.join(end)));
                known.chain(all).collect()
            }
        };
        let opened = candidates.into_iter().find_map(|candidate| {
            // A link may lead out of the folder.
            let there = candidate.canonicalize().ok()?;
            let bytes =
                own_root.as_ref().filter(|root| there.starts_with(root)).and_then(|_| Bytes::open(&there).ok())?;
            companion.is_in(&bytes).then_some((candidate, bytes))
        });
        if let Some((candidate, bytes)) = opened {
            if let Companion::Split { path: name, .. } = companion
                && let Some((at, end)) = ends(name).iter().enumerate().find(|(_, end)| candidate.ends_with(end))
                && let Some(place) = folders.iter().find(|folder| folder.join(end) == candidate)
            {
                places.insert(at, place);
            }
            found.list.push((companion.clone(), candidate, bytes));
        } else {
            missing += 1;
        }
    }
    found
}

/// `main.dwp` and `main.debug.dwp` beside `main.debug`.
fn packages(path: &Path) -> Vec<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".dwp");
    vec![path.with_file_name(name), path.with_extension("dwp")]
}

/// The ends of a path, the longest first: all parts, without the first, …, the name alone. A part that
/// leads upwards removes the one before it; a root is left out.
fn ends(path: &[u8]) -> Vec<PathBuf> {
    let path = PathBuf::from(String::from_utf8_lossy(path).into_owned());
    let mut parts: Vec<_> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part),
            Component::ParentDir => drop(parts.pop()),
            _ => {}
        }
    }
    let first = parts.len().saturating_sub(DEPTH);
    (first..parts.len()).map(|from| parts.get(from..).unwrap_or_default().iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn the_ends_of_a_path_stay_below_a_folder() {
        let ends = |path: &str| ends(path.as_bytes()).iter().map(|end| end.display().to_string()).collect::<Vec<_>>();
        assert_eq!(ends("/build/obj/a.dwo"), ["build/obj/a.dwo", "obj/a.dwo", "a.dwo"]);
        assert_eq!(ends("../../etc/./a.dwo"), ["etc/a.dwo", "a.dwo"]);
        assert_eq!(ends("a/../b.dwo"), ["b.dwo"]);
        assert!(ends("..").is_empty() && ends("").is_empty());
    }
}
