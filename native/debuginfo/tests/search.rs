//! The search below a folder ends soon, whatever the folder has in it.
#![allow(missing_docs, clippy::unwrap_used)]

use debuginfo::search::{Interrupted, search};
use std::fs;
use std::path::{Path, PathBuf};

const ENTRIES: usize = 100_000;
const GAUGE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../symbols-fixtures/apple/images/macos-arm64-dwarf5/gauge");

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("search-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    /// The files found, relative to the folder, and how many entries were visited.
    fn search(&self) -> (Vec<String>, usize) {
        let mut visited = 0;
        let found = search(&self.0, ENTRIES, || {
            visited += 1;
            true
        });
        let files = found.unwrap().files;
        let relative = |path: &Path| path.strip_prefix(&self.0).unwrap().to_str().unwrap().to_owned();
        (files.iter().map(|file| relative(&file.path)).collect(), visited)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(unix)]
use std::os::unix::fs::symlink;

#[cfg(unix)]
#[test]
fn folders_that_are_linked_with_each_other_are_listed_once() {
    let folder = Folder::new("linked");
    for own in 0..9 {
        fs::create_dir(folder.at(&format!("{own}"))).unwrap();
        for other in (0..9).filter(|other| *other != own) {
            symlink(format!("../{other}"), folder.at(&format!("{own}/to-{other}"))).unwrap();
        }
    }
    fs::copy(GAUGE, folder.at("4/gauge")).unwrap();
    let (files, visited) = folder.search();
    assert_eq!(files, ["4/gauge"]);
    assert_eq!(visited, 9 + 9 * 8 + 1);
}

#[cfg(unix)]
#[test]
fn a_file_has_its_path_without_links_or_the_first_one() {
    let (folder, outside) = (Folder::new("paths"), Folder::new("outside"));
    fs::create_dir(folder.at("z")).unwrap();
    fs::copy(GAUGE, folder.at("z/gauge")).unwrap();
    symlink("z", folder.at("a")).unwrap();
    fs::copy(GAUGE, outside.at("gauge")).unwrap();
    for link in ["y", "x"] {
        symlink(&outside.0, folder.at(link)).unwrap();
    }
    symlink(folder.at("z/gauge"), folder.at("link to the file")).unwrap();
    assert_eq!(folder.search().0, ["link to the file", "x/gauge", "z/gauge"]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_file_is_not_opened() {
    let folder = Folder::new("special");
    let made = std::process::Command::new("mkfifo").arg(folder.at("pipe")).status().unwrap();
    assert!(made.success());
    symlink("/dev/zero", folder.at("device")).unwrap();
    symlink("/proc/self/fd", folder.at("descriptors")).unwrap();
    symlink("/sys", folder.at("system")).unwrap();
    symlink("nowhere", folder.at("dangling")).unwrap();
    symlink("loop", folder.at("loop")).unwrap();
    assert_eq!(folder.search(), (vec![], 6));
    assert!(search(Path::new("/proc"), ENTRIES, || true).unwrap().files.is_empty());
}

#[test]
fn it_can_be_interrupted_and_is_limited() {
    let folder = Folder::new("limited");
    for name in ["a", "b", "c"] {
        fs::create_dir_all(folder.at(name).join("inner")).unwrap();
    }
    let mut left = 4;
    let stopped = search(&folder.0, ENTRIES, || {
        left -= 1;
        left > 0
    });
    assert_eq!((stopped.unwrap_err(), left), (Interrupted, 0));
    assert!(!search(&folder.0, 6, || true).unwrap().cut);
    assert!(search(&folder.0, 5, || true).unwrap().cut);
}
