//! Debug files in folders, found by content and not by path.
//!
//! Debug files are deep in bundles and archives, and people unpack and rename them. So every file is opened, and its first
//! bytes decide.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use symbols::index::Bytes;
use symbols::regular_file;

use crate::companions;
use crate::deadline::Deadline;
use crate::folders::Folders;
use crate::formats::{self, Format};
use crate::image::{Build, Builds, Kind};
use crate::reader::HEAD;

/// A file and its builds.
#[derive(Clone, Debug)]
pub struct DebugFile {
    /// Where it is.
    pub path: PathBuf,
    /// The folder that was searched, or its own: no file outside of it is opened for this one.
    pub root: PathBuf,
    /// Files and folders that a person named beside it, wherever they are: they may have parts of its debug information.
    pub parts: Vec<PathBuf>,
    /// Its bytes, and when it was last changed, in nanoseconds since 1970.
    pub size: u64,
    /// See `size`.
    pub modified: u128,
    /// Its format.
    pub format: &'static Format,
    /// The builds in it.
    pub builds: Vec<Build>,
    /// How many builds more its header lists that are not read: damaged ones, and those that overlap others.
    pub refused: u64,
}

impl DebugFile {
    /// Find the other files that have a part of a build's debug information. `bytes` are the file's.
    ///
    /// # Errors
    /// The headers are damaged; the time is over.
    pub fn companions(
        &self,
        bytes: &[u8],
        build: &Build,
        deadline: Deadline,
    ) -> Result<companions::Found, crate::Error> {
        let wanted = self.format.companions(bytes, build, deadline)?;
        companions::find(&self.path, &self.root, &self.parts, &wanted, deadline)
    }
}

/// The result of a search.
#[derive(Debug, Default)]
pub struct Found {
    /// The files, by path.
    pub files: Vec<DebugFile>,
    /// Files that cannot be read, and damaged debug files, by path; at most [`REFUSED`].
    pub refused: Vec<(PathBuf, crate::Error)>,
    /// Whether the search ended at its limit of directory entries.
    pub cut: bool,
    /// Whether it was seen that there is nothing but symbol files in text: folders, and regular files that end with `.sym`.
    pub only_texts: bool,
}

/// How many files that cannot be read a search lists.
pub const REFUSED: usize = 1000;

/// Read the headers of a file. `Ok(None)`: its format is not supported.
///
/// # Errors
/// The file cannot be read, or its headers are damaged.
pub fn look_at(path: &Path) -> Result<Option<DebugFile>, crate::Error> {
    let mut file = regular_file::open(path)?;
    let Some(format) = format_of(&mut file)? else { return Ok(None) };
    let about = file.metadata()?;
    let modified = about.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    // Mapped, so that only the pages of the headers are read.
    let bytes = Bytes::of(&file)?;
    let Builds { list: builds, refused } = format.builds(&bytes)?;
    let modified = modified.map_or(0, |since| since.as_nanos());
    let root = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(Some(DebugFile {
        path: path.to_owned(),
        root,
        parts: Vec::new(),
        size: about.len(),
        modified,
        format,
        builds,
        refused,
    }))
}

/// The format of a file, by its first bytes; `None` if the format is not supported.
///
/// # Errors
/// The file cannot be read.
pub fn recognise(path: &Path) -> io::Result<Option<&'static Format>> {
    format_of(&mut regular_file::open(path)?)
}

fn format_of(file: &mut File) -> io::Result<Option<&'static Format>> {
    let mut head = [0; HEAD];
    let mut filled = 0;
    while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            more => filled += more,
        }
    }
    Ok(formats::recognise(head.get(..filled).unwrap_or_default()))
}

/// The search was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the search for debug files was interrupted")]
pub struct Interrupted;

/// Every debug file below a folder with a build that has an id, and is not a part of another file. At most `entries` directory entries are visited.
///
/// Hidden files, `__MACOSX` and files of kinds that are not read are skipped; links to folders are followed, and each folder is
/// listed once. `proceed` is called for each entry.
///
/// # Errors
/// [`Interrupted`] if `proceed` returns false.
pub fn search(folder: &Path, entries: usize, mut proceed: impl FnMut() -> bool) -> Result<Found, Interrupted> {
    let mut found = Found { only_texts: true, ..Found::default() };
    let mut left = entries;
    let root = folder.to_owned();
    let mut folders = Folders::below(folder);
    while let Some(folder) = folders.next() {
        let Ok(listed) = fs::read_dir(&folder.path) else {
            found.only_texts = false;
            continue;
        };
        for entry in listed {
            let Ok(entry) = entry else {
                found.only_texts = false;
                continue;
            };
            if !proceed() {
                return Err(Interrupted);
            }
            if left == 0 {
                found.cut = true;
                break;
            }
            left -= 1;
            let looked_at = look_at_entry(&entry);
            found.only_texts &= matches!(looked_at, Entry::Folder | Entry::Text);
            match looked_at {
                Entry::Folder => folders.add(entry.path(), &folder),
                Entry::Link => folders.add_link(entry.path()),
                Entry::File(file) => found.files.push(DebugFile { root: root.clone(), ..file }),
                Entry::Refused(path, error) if found.refused.len() < REFUSED => found.refused.push((path, error)),
                Entry::Refused(..) | Entry::Text | Entry::Other => {}
            }
        }
        if found.cut {
            found.only_texts = false;
            break;
        }
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    found.refused.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Whether a build can be matched to a module of a crash.
fn is_module(build: &Build) -> bool {
    build.kind != Kind::Part && (build.debug_id.is_some() || build.code_id.is_some())
}

/// The hidden folder in which Linux systems keep debug files, as `.build-id/ab/cdef.debug`.
const BUILD_IDS: &[u8] = b".build-id";

/// A directory entry.
enum Entry {
    Folder,
    /// A link to a folder.
    Link,
    File(DebugFile),
    /// A file that cannot be read, or a damaged debug file.
    Refused(PathBuf, crate::Error),
    /// A regular file that is called a symbol file in text; it is not opened.
    Text,
    Other,
}

fn look_at_entry(entry: &fs::DirEntry) -> Entry {
    let name = entry.file_name();
    let bytes = name.as_encoded_bytes();
    let is_hidden = bytes.starts_with(b".") && bytes != BUILD_IDS;
    if is_hidden || bytes == b"__MACOSX" || bytes.ends_with(b".syx") {
        return Entry::Other;
    }
    if bytes.ends_with(b".sym") {
        return if entry.file_type().is_ok_and(|kind| kind.is_file()) { Entry::Text } else { Entry::Other };
    }
    let path = entry.path();
    let Ok(mut kind) = entry.file_type() else { return Entry::Other };
    let is_link = kind.is_symlink();
    if is_link {
        let Ok(there) = fs::metadata(&path) else { return Entry::Other };
        kind = there.file_type();
    }
    if kind.is_dir() {
        return if is_link { Entry::Link } else { Entry::Folder };
    }
    if !kind.is_file() {
        return Entry::Other;
    }
    match look_at(&path) {
        Ok(Some(file)) if file.builds.iter().any(is_module) => Entry::File(file),
        Err(error @ (crate::Error::Damaged { .. } | crate::Error::Io(_))) => Entry::Refused(path, error),
        _ => Entry::Other,
    }
}
