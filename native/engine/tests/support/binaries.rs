//! Symbols and unwind tables of binaries and debug files in folders, found by debug id.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use debuginfo::image::{Build, Kind};
use debuginfo::search::{self, DebugFile};
use engine::{Candidate, FileRules, ModuleKey, Resolution, UnwindFile};
use symbols::SymbolMap;
use symbols::index::{Bytes, Stamp};

/// Binaries and debug files by debug id.
#[derive(Default)]
pub(crate) struct Binaries {
    files: HashMap<String, Vec<(DebugFile, Build)>>,
    /// Whether functions are read, too.
    names: bool,
}

impl Binaries {
    pub(crate) fn new<P: AsRef<Path>>(folders: &[P], names: bool) -> Self {
        let mut found = Self { names, ..Self::default() };
        for folder in folders {
            for file in search::search(folder.as_ref(), 100_000, || true).unwrap_or_default().files {
                for build in file.builds.clone() {
                    let Some(id) = build.debug_id else { continue };
                    let builds = found.files.entry(id.to_string()).or_default();
                    builds.push((file.clone(), build));
                    builds.sort_by_key(|(_, build)| build.kind != Kind::Image);
                }
            }
        }
        found
    }

    /// The symbols and unwind tables of a module.
    pub(crate) fn find(&self, key: &ModuleKey) -> Resolution {
        let files = self.files.get(&key.debug_id).map_or(&[][..], Vec::as_slice);
        let unwind = files.iter().filter_map(|(file, build)| unwind_file(file, build)).collect();
        let best = files.iter().filter(|_| self.names).max_by_key(|(_, build)| build.debug_info.is_some());
        let resolution = match best.and_then(|(file, build)| Some((file, symbols(file, build, key)?))) {
            Some((file, symbols)) => {
                let location = file.path.display().to_string();
                Resolution::loaded(Arc::new(symbols), vec![Candidate::found(&location, &location)])
            }
            None => Resolution::missing(Vec::new(), None),
        };
        resolution.with_unwind(unwind)
    }
}

fn unwind_file(file: &DebugFile, build: &Build) -> Option<UnwindFile> {
    let bytes = Bytes::of(&File::open(&file.path).ok()?).ok()?;
    let builder = file.format.unwind_tables(&bytes, build).ok()??;
    let tables = builder.open(Stamp { size: file.size, modified: 0 }).ok()?;
    Some(UnwindFile { location: file.path.display().to_string(), rules: FileRules::Tables(Arc::new(tables)) })
}

fn symbols(file: &DebugFile, build: &Build, key: &ModuleKey) -> Option<SymbolMap> {
    let bytes = Bytes::of(&File::open(&file.path).ok()?).ok()?;
    let (records, _) = file.format.index(&bytes, build, key.debug_file.as_str()).ok()?;
    Some(records.finish().into())
}
