//! The texts of this machine (documentation, scripts, sources, logs): none of them is a crash, but for those listed here.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use inputs::{Container, Item};

/// Bytes of the files that are read below one root, and of a file: the test takes a few seconds.
const ROOT: u64 = 96 << 20;
const FILE: u64 = 1 << 20;
/// A file with a NUL so early is no text.
const HEAD: usize = 512;

/// Texts that are real traces, by the end of their path.
const TRACES: [&str; 0] = [];

fn roots() -> Vec<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut roots: Vec<PathBuf> =
        ["README.md", "Makefile", "Dockerfile", "compose.yaml", "pyproject.toml", "docs", "src", "tests", "benchmarks"]
            .iter()
            .map(|name| repository.join(name))
            .collect();
    let crates = fs::read_dir(repository.join("native")).unwrap().map(|entry| entry.unwrap().path());
    roots.extend(crates.filter(|path| !path.ends_with("target")));
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    roots.extend([home.join(".cargo/registry/src"), home.join(".rustup/toolchains")]);
    roots.extend(
        ["/usr/lib/python3", "/usr/lib/python3.11", "/usr/lib/python3.12", "/usr/lib/python3.13"].map(PathBuf::from),
    );
    roots.extend(["/etc", "/usr/share/doc", "/usr/share"].map(PathBuf::from));
    roots
}

/// Every file below a path, links left alone.
fn walk(path: &Path, each: &mut dyn FnMut(&Path, u64)) {
    let mut folders = vec![path.to_owned()];
    while let Some(path) = folders.pop() {
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        if about.is_dir() {
            let Ok(entries) = fs::read_dir(&path) else { continue };
            let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            paths.sort();
            folders.extend(paths);
        } else if about.is_file() {
            each(&path, about.len());
        }
    }
}

#[test]
fn no_text_is_taken_for_a_crash() {
    let mut files = 0;
    let mut accepted = Vec::new();
    for root in roots() {
        let mut bytes = 0;
        walk(&root, &mut |path, size| {
            if size == 0 || size > FILE || bytes + size > ROOT {
                return;
            }
            let Ok(content) = fs::read(path) else { return };
            if content.iter().take(HEAD).any(|byte| *byte == 0) {
                return;
            }
            files += 1;
            bytes += size;
            if let Ok(container) = Container::open(content)
                && !container.is_empty()
                && let Ok(Item::Unwound(crash)) = container.crash(0)
                && !TRACES.iter().any(|end| path.ends_with(end))
            {
                accepted.push(format!("{}: {:?}", path.display(), crash.kind));
            }
        });
    }
    assert!(files > 100, "only {files} files");
    assert!(accepted.is_empty(), "of {files} files, these are no crashes:\n{}", accepted.join("\n"));
}
