//! What the tests of this crate share: the corpora.
#![allow(dead_code, reason = "every test file uses its part of it")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests fail by panicking and say what they skip")]

use std::fs;
use std::path::{Path, PathBuf};

/// Where the corpora are, if they are: real dumps with what other tools say about them. Tests that need
/// them pass without them.
pub(crate) fn corpora() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    if path.is_dir() {
        return Some(path);
    }
    skip("no corpora");
    None
}

fn skip(why: &str) {
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    println!("skipped: {test}: {why}");
}

/// All files below a folder whose name ends so, sorted.
pub(crate) fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.file_name().unwrap().to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// All minidumps of the corpora. Breakpad's text "microdumps", which share the extension, are left out.
pub(crate) fn dumps() -> Vec<(PathBuf, Vec<u8>)> {
    let Some(corpora) = corpora() else { return Vec::new() };
    let all = files(&corpora, ".dmp").into_iter().map(|path| {
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    });
    all.filter(|(_, bytes)| bytes.starts_with(b"MDMP")).collect()
}

/// One dump of the corpora by its path there.
pub(crate) fn corpus_dump(path: &str) -> Option<Vec<u8>> {
    Some(fs::read(corpora()?.join(path)).unwrap())
}
