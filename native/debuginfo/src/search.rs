//! Debug information files in folders, by what they hold and not by where they lie.
//!
//! A dSYM is a folder in a folder in a folder, archives hold many, and people unpack and rename them. So every file is
//! looked at whose first bytes could be right.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use symbols::index::Bytes;

use crate::macho::{self, Slice};

/// How deep folders are followed.
const DEPTH: usize = 32;

/// A file with what it holds.
#[derive(Clone, Debug)]
pub struct DebugFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes, and when it was last changed, in nanoseconds since 1970.
    pub size: u64,
    /// See `size`.
    pub modified: u128,
    /// Its slices.
    pub slices: Vec<Slice>,
}

/// What a search came to.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The files, by path.
    pub files: Vec<DebugFile>,
    /// Whether there were more entries than were to be looked at.
    pub cut: bool,
}

/// Look at a file. `Ok(None)`: it is of no kind that is read.
///
/// # Errors
/// The file cannot be read, or its headers are damaged.
pub fn look_at(path: &Path) -> Result<Option<DebugFile>, crate::Error> {
    let mut file = File::open(path)?;
    let mut head = [0; 8];
    let mut filled = 0;
    while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            more => filled += more,
        }
    }
    if filled < 8 || !macho::is_macho(&head) {
        return Ok(None);
    }
    let about = file.metadata()?;
    let modified = about.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    // Mapped, so that only the pages of the headers are read.
    let bytes = Bytes::of(&file)?;
    let slices = macho::slices(&bytes)?;
    let modified = modified.map_or(0, |since| since.as_nanos());
    Ok(Some(DebugFile { path: path.to_owned(), size: about.len(), modified, slices }))
}

/// Every Mach-O file below a folder with a slice that has an id. At most `entries` names are looked at.
///
/// Hidden files, `__MACOSX` and files that cannot be read are passed over; links to folders are followed.
#[must_use]
pub fn search(folder: &Path, entries: usize) -> Found {
    let mut search = Search { left: entries, found: Found::default(), seen: Vec::new() };
    search.folder(folder);
    search.found.files.sort_by(|a, b| a.path.cmp(&b.path));
    search.found
}

struct Search {
    left: usize,
    found: Found,
    /// The folders that lead here, each by its own path.
    seen: Vec<PathBuf>,
}

impl Search {
    fn folder(&mut self, folder: &Path) {
        // A link may lead back to a folder above.
        let Ok(own) = fs::canonicalize(folder) else { return };
        if self.seen.len() >= DEPTH || self.seen.contains(&own) {
            return;
        }
        self.seen.push(own);
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if self.left == 0 {
                self.found.cut = true;
                break;
            }
            self.left -= 1;
            let name = entry.file_name();
            let bytes = name.as_encoded_bytes();
            if bytes.starts_with(b".") || bytes == b"__MACOSX" || bytes.ends_with(b".sym") || bytes.ends_with(b".syx") {
                continue;
            }
            let path = entry.path();
            let Ok(mut kind) = entry.file_type() else { continue };
            if kind.is_symlink() {
                // What else it may be, such as a pipe, would wait for somebody to write into it.
                let Ok(there) = fs::metadata(&path) else { continue };
                kind = there.file_type();
            }
            if kind.is_dir() {
                self.folder(&path);
            } else if kind.is_file()
                && let Ok(Some(file)) = look_at(&path)
                && file.slices.iter().any(|slice| slice.debug_id.is_some())
            {
                self.found.files.push(file);
            }
        }
        self.seen.pop();
    }
}
