//! What the engine's tests share: reports of dumps with symbols from Breakpad-layout directories, the
//! peers' corpora where they are at hand.

#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod breakpad_path;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use breakpad_path::breakpad_path;
use engine::{Candidate, ModuleKey, Options, Outcome, Resolution, Session};
use serde_json::Value;
use symbols::SymbolMap;

/// The folder of the peers' test data beside the project; `None`, and a word about it, where it is not.
pub(crate) fn corpora() -> Option<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    if place.is_dir() {
        return Some(place);
    }
    eprintln!("skipped: no corpora beside the project");
    None
}

/// Files of a folder with an extension, sorted.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    found.retain(|p| p.extension().is_some_and(|e| e == extension));
    found.sort();
    found
}

/// The symbols of a module from the first place that has them: a directory in Breakpad's layout, or a
/// symbol file of that very build.
pub(crate) fn find(roots: &[PathBuf], key: &ModuleKey) -> Resolution {
    let mut candidates = Vec::new();
    for root in roots {
        let single = root.is_file();
        let Some(path) = (if single { Some(root.clone()) } else { breakpad_path(root, key) }) else { continue };
        let (location, source) = (path.display().to_string(), root.display().to_string());
        if let Ok(text) = std::fs::read(&path) {
            let symbols = SymbolMap::from_text(text);
            if !single || symbols.module().is_some_and(|m| m.id.eq_ignore_ascii_case(&key.debug_id)) {
                candidates.push(Candidate::found(&location, &source));
                return Resolution::loaded(Arc::new(symbols), candidates);
            }
        }
        candidates.push(Candidate::missing(&location, &source));
    }
    Resolution::missing(candidates, None)
}

/// The report's bytes, with symbols fetched as the engine asks for them.
pub(crate) fn bytes(session: &Session, dump: &[u8], roots: &[PathBuf], options: &Options) -> Result<Vec<u8>, String> {
    let mut asked = HashSet::new();
    for _ in 0..100 {
        match session.process(dump, options).map_err(|e| e.to_string())? {
            Outcome::Report(json) => return Ok(json.into_json()),
            Outcome::Needs(keys) => {
                assert!(!keys.is_empty(), "needs nothing");
                for key in keys {
                    assert!(asked.insert(key.clone()), "asked twice for {key:?}");
                    let resolution = find(roots, &key);
                    session.resolve(key, resolution);
                }
            }
        }
    }
    panic!("the engine never has enough symbols");
}

/// The report of a dump.
pub(crate) fn report(dump: &[u8], roots: &[PathBuf]) -> Value {
    let json = bytes(&Session::new(), dump, roots, &Options::default()).unwrap();
    serde_json::from_slice(&json).unwrap()
}
