//! The search for companions, by the ends of the paths that are known of them: builds are moved, and their folders renamed.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use symbols::index::Bytes;

use super::{Companion, Companions};
use crate::Error;
use crate::deadline::Deadline;

/// Files that were found, mapped.
#[derive(Debug, Default)]
pub struct Found {
    files: Vec<(PathBuf, Bytes)>,
    /// Each companion with the number of its file: archives have several.
    list: Vec<(Companion, usize)>,
}

impl Found {
    /// Their bytes.
    #[must_use]
    pub fn companions(&self) -> Companions<'_> {
        self.list.iter().filter_map(|(companion, file)| Some((companion, &*self.files.get(*file)?.1))).collect()
    }

    /// Their paths, each once.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }
}

/// How many folders above a file are searched, at most, and how many parts of a path are tried.
const DEPTH: usize = 8;

/// How many files may be missing before no more are looked for, and how many more for each that is found: a build has all
/// of its files or none, and a few bytes name one.
const MISSING: usize = 256;
const MISSING_EACH: usize = 4;

/// Find the companions of the build in the file at `path`. Only files in `root`, which is the file's folder or one above, are
/// opened: beside the file, below it, and in the folders up to `root`, by the end of the path that is known; and `parts`, which
/// are files that a person named, and files in such folders.
///
/// # Errors
/// The time is over.
pub fn find(
    path: &Path,
    root: &Path,
    parts: &[PathBuf],
    wanted: &[Companion],
    deadline: Deadline,
) -> Result<Found, Error> {
    let mut found = Found::default();
    if wanted.is_empty() {
        return Ok(found);
    }
    let mut search = Search::new(path, root, parts);
    // Files that were found, and those that are not there, by the paths that are known of them; and those that were opened:
    // many paths may lead to one file.
    let mut known: HashMap<&[u8], Option<usize>> = HashMap::new();
    let mut opened: HashMap<PathBuf, usize> = HashMap::new();
    let mut missing = 0;
    for companion in wanted {
        deadline.check()?;
        let seen = name(companion).and_then(|name| known.get(name).copied());
        let file = seen.unwrap_or_else(|| {
            if missing > MISSING + MISSING_EACH * found.list.len() {
                return None;
            }
            let place = search.place(companion);
            let file = place.and_then(|(path, there)| {
                if let Some(&file) = opened.get(&there) {
                    return Some(file);
                }
                found.files.push((path, Bytes::open(&there).ok()?));
                opened.insert(there, found.files.len() - 1);
                Some(found.files.len() - 1)
            });
            missing += usize::from(file.is_none());
            file
        });
        if let Some(name) = name(companion) {
            known.insert(name, file);
        }
        found.list.extend(file.map(|file| (companion.clone(), file)));
    }
    deadline.check()?;
    Ok(found)
}

/// The path that is known of a companion.
fn name(companion: &Companion) -> Option<&[u8]> {
    match companion {
        Companion::Package => None,
        Companion::Split { path, .. }
        | Companion::Shared { path, .. }
        | Companion::Linked { path, .. }
        | Companion::Object { path, .. } => Some(path),
    }
}

/// Where companions of a file are looked for.
struct Search<'p> {
    path: &'p Path,
    /// Its folder and those above it; then the folders that were named.
    folders: Vec<&'p Path>,
    /// What these are in: without links.
    roots: Vec<PathBuf>,
    /// Files that were named, by their names without folders.
    files: HashMap<&'p OsStr, Vec<&'p Path>>,
    /// The folders where others were, by how many parts of the path were left out there: the next is in the same place.
    places: HashMap<usize, &'p Path>,
}

impl<'p> Search<'p> {
    fn new(path: &'p Path, root: &'p Path, parts: &'p [PathBuf]) -> Self {
        let (named, named_files): (Vec<&Path>, Vec<&Path>) =
            parts.iter().map(PathBuf::as_path).partition(|part| part.is_dir());
        let mut files: HashMap<&OsStr, Vec<&Path>> = HashMap::new();
        for file in named_files {
            files.entry(file.file_name().unwrap_or_default()).or_default().push(file);
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let above = folder.ancestors().take_while(|above| above.starts_with(root)).take(DEPTH);
        let folders: Vec<&Path> = above.chain(named.iter().copied()).collect();
        let here = Path::new(".");
        let roots = [root].into_iter().chain(named);
        let roots = roots.map(|root| if root.as_os_str().is_empty() { here } else { root });
        let roots = roots.filter_map(|root| root.canonicalize().ok()).collect();
        Self { path, folders, roots, files, places: HashMap::new() }
    }

    /// The path of a companion, and the same without links.
    fn place(&mut self, companion: &Companion) -> Option<(PathBuf, PathBuf)> {
        let Some(name) = name(companion) else {
            let packages = packages(self.path);
            let mut names = packages.iter().filter_map(|path| path.file_name()).map(Path::new);
            let named = names.find_map(|name| self.named(name));
            return named.or_else(|| packages.iter().find_map(|path| self.within(path)));
        };
        let ends = ends(name);
        if matches!(companion, Companion::Linked { .. }) {
            let name = ends.last()?;
            let beside = self.folders.iter().flat_map(|folder| [folder.join(name), folder.join(".debug").join(name)]);
            let mut found = self.named(name).into_iter().chain(beside.filter_map(|path| self.within(&path)));
            return found.find(|(_, there)| Bytes::open(there).is_ok_and(|bytes| companion.is_in(&bytes)));
        }
        if let Some(named) = ends.iter().find_map(|end| self.named(end)) {
            return Some(named);
        }
        let places = &self.places;
        let known = ends.iter().enumerate().filter_map(|(at, end)| Some(places.get(&at)?.join(end)));
        if let Some(found) = known.into_iter().find_map(|path| self.within(&path)) {
            return Some(found);
        }
        for folder in &self.folders {
            for (at, end) in ends.iter().enumerate() {
                if let Some(found) = self.within(&folder.join(end)) {
                    self.places.insert(at, folder);
                    return Some(found);
                }
            }
        }
        None
    }

    /// The file that was named whose path ends so.
    fn named(&self, end: &Path) -> Option<(PathBuf, PathBuf)> {
        let file = self.files.get(end.file_name()?)?.iter().find(|file| file.ends_with(end))?;
        Some((file.to_path_buf(), file.canonicalize().ok()?))
    }

    /// A file in one of the folders; not one that a link leads to outside of them.
    fn within(&self, path: &Path) -> Option<(PathBuf, PathBuf)> {
        let there = path.canonicalize().ok()?;
        let is_within = self.roots.iter().any(|root| there.starts_with(root));
        (is_within && there.is_file()).then(|| (path.to_owned(), there))
    }
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
