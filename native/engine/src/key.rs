//! The key of a module's symbols.

use vocabulary::DebugId;
use vocabulary::path::leaf;

/// The key of one module's symbols. Two modules with equal keys have the same symbols.
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
            debug_id: DebugId::canonical(debug_id).unwrap_or_else(|| debug_id.replace('-', "").to_ascii_uppercase()),
            code_file: leaf(code_file).to_owned(),
            code_id: code_id.to_ascii_lowercase(),
        }
    }

    /// Whether symbols can be looked for at all: a module without an id could only be matched by name, and a name does
    /// not identify the build.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        !self.debug_id.is_empty() || !self.code_id.is_empty()
    }

    /// The same key in canonical form; callers may pass any spelling.
    #[must_use]
    pub fn canonical(self) -> Self {
        Self::new(&self.debug_file, &self.debug_id, &self.code_file, &self.code_id)
    }
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
}
