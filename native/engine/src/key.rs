//! What names the symbols of a module, and what a caller knows about them.

use std::path::Path;
use std::sync::Arc;

use symbols::SymbolMap;
use vocabulary::DebugId;
use vocabulary::path::leaf;

/// What names the symbols of one module. Two modules with equal keys have the same symbols.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct ModuleKey {
    /// File name of the debug file (`test_app.pdb`); empty if the dump names none.
    pub debug_file: String,
    /// Debug id in Breakpad's spelling; empty if unknown.
    pub debug_id: String,
    /// File name of the image itself (`test_app.exe`).
    pub code_file: String,
    /// Code id, lower-case: build id, or time stamp and size; empty if unknown.
    pub code_id: String,
}

impl ModuleKey {
    /// The key in canonical form: leaf names, the debug id in Breakpad's spelling, the code id lower-case.
    #[must_use]
    pub fn new(debug_file: &str, debug_id: &str, code_file: &str, code_id: &str) -> Self {
        Self {
            debug_file: leaf(debug_file).to_owned(),
            debug_id: DebugId::parse(debug_id).map_or_else(|| debug_id.to_ascii_uppercase(), |id| id.to_string()),
            code_file: leaf(code_file).to_owned(),
            code_id: code_id.to_ascii_lowercase(),
        }
    }

    /// Whether symbols can be looked for at all: a module without any id could only be matched by name,
    /// and a name says nothing about the build.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        !self.debug_id.is_empty() || !self.code_id.is_empty()
    }

    /// The same key in canonical form; callers may spell keys as they found them.
    #[must_use]
    pub fn canonical(self) -> Self {
        Self::new(&self.debug_file, &self.debug_id, &self.code_file, &self.code_id)
    }
}

/// What a search for a module's symbols found. `tried` lists the places looked at, in order.
#[derive(Clone)]
pub enum Supply {
    /// Symbols of this very build.
    Loaded {
        /// The index.
        symbols: Arc<SymbolMap>,
        /// Where the symbol file is.
        path: String,
        /// Places looked at before.
        tried: Vec<String>,
    },
    /// No symbols anywhere.
    Missing {
        /// Places looked at.
        tried: Vec<String>,
    },
    /// A file is there but holds nothing usable.
    Malformed {
        /// Where the file is.
        path: String,
        /// What is wrong with it.
        error: String,
        /// Places looked at.
        tried: Vec<String>,
    },
    /// A file is there but says that it belongs to another build.
    Mismatch {
        /// Where the file is.
        path: String,
        /// The debug id in the file.
        found_id: String,
        /// Places looked at.
        tried: Vec<String>,
    },
}

impl Supply {
    /// The symbols, if there are any.
    #[must_use]
    pub fn symbols(&self) -> Option<&Arc<SymbolMap>> {
        match self {
            Self::Loaded { symbols, .. } => Some(symbols),
            _ => None,
        }
    }

    /// The places looked at.
    #[must_use]
    pub fn tried(&self) -> &[String] {
        match self {
            Self::Loaded { tried, .. }
            | Self::Missing { tried }
            | Self::Malformed { tried, .. }
            | Self::Mismatch { tried, .. } => tried,
        }
    }
}

/// A Breakpad symbol directory's place for a module: `<debug file>/<debug id>/<debug file>.sym`, with a
/// trailing `.pdb` (any case) replaced by `.sym`. `None` without a name or an id, or if the name would
/// lead out of the directory.
#[must_use]
pub fn breakpad_path(root: &Path, key: &ModuleKey) -> Option<std::path::PathBuf> {
    let file = key.debug_file.as_str();
    if matches!(file, "" | "." | "..") || file.contains('\0') || !key.debug_id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    if key.debug_id.is_empty() {
        return None;
    }
    let stem = match file.len().checked_sub(4).and_then(|at| file.get(at..).map(|tail| (at, tail))) {
        Some((at, tail)) if at > 0 && tail.eq_ignore_ascii_case(".pdb") => &file[..at],
        _ => file,
    };
    Some(root.join(file).join(&key.debug_id).join(format!("{stem}.sym")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_canonical() {
        let key =
            ModuleKey::new(r"c:\build\app.pdb", "5a9832e5287241c1838ed98914e9b7ff1", "/x/y\\app.exe", "45D35F6C2D000");
        assert_eq!(key.debug_file, "app.pdb");
        assert_eq!(key.debug_id, "5A9832E5287241C1838ED98914E9B7FF1");
        assert_eq!(key.code_file, "app.exe");
        assert_eq!(key.code_id, "45d35f6c2d000");
        assert_eq!(key.clone().canonical(), key);
    }

    #[test]
    fn places_stay_inside_the_directory() {
        let place = |file: &str, id: &str| breakpad_path(Path::new("/s"), &ModuleKey::new(file, id, "", ""));
        assert_eq!(place("test_app.pdb", "AB1").as_deref(), Some(Path::new("/s/test_app.pdb/AB1/test_app.sym")));
        assert_eq!(place("libc.so.6", "AB0").as_deref(), Some(Path::new("/s/libc.so.6/AB0/libc.so.6.sym")));
        let aged = place("x.pdb", "6FCC021B58CD46E0A795C03AEFE4DF81F");
        assert_eq!(aged.as_deref(), Some(Path::new("/s/x.pdb/6FCC021B58CD46E0A795C03AEFE4DF81f/x.sym")));
        assert_eq!(place("..", "AB0"), None);
        assert_eq!(place("a/..", "AB0"), None);
        assert_eq!(place("libc.so.6", "../../x"), None);
        assert_eq!(place("", "AB0"), None);
        assert_eq!(place("é.pdb", "AB0").as_deref(), Some(Path::new("/s/é.pdb/AB0/é.sym")));
    }
}
