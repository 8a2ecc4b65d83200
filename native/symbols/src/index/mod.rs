//! The symbol index.

use crate::lookup::{CfiRules, Function, SourceFrame, StackWin};
use crate::DebugId;
use std::path::Path;

/// Why an index could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The index file is not one of ours, of another version, cut or damaged.
    #[error("index: {0}")]
    Damaged(&'static str),
    /// The index file belongs to another text.
    #[error("index is for another text: {0}")]
    Foreign(&'static str),
}

/// What the MODULE line and the INFO lines say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleRecord {
    /// Operating system as written (`Linux`, `mac`, `windows`, …).
    pub os: String,
    /// Architecture as written (`x86_64`, `arm64`, …).
    pub arch: String,
    /// Id as written.
    pub id: String,
    /// Id, if it is one.
    pub debug_id: Option<DebugId>,
    /// Name of the debug file.
    pub name: String,
    /// `INFO CODE_ID`: the code id.
    pub code_id: Option<String>,
    /// `INFO CODE_ID`: the name of the code file, if given.
    pub code_file: Option<String>,
    /// `INFO URL`.
    pub url: Option<String>,
    /// `INFO GENERATOR`.
    pub generator: Option<String>,
}

/// How many records of each kind the text has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// FUNC records.
    pub functions: u64,
    /// PUBLIC records.
    pub publics: u64,
    /// Line records.
    pub lines: u64,
    /// INLINE records.
    pub inlines: u64,
    /// FILE records.
    pub files: u64,
    /// INLINE_ORIGIN records.
    pub origins: u64,
    /// STACK CFI INIT records.
    pub cfi_inits: u64,
    /// STACK CFI records.
    pub cfi_deltas: u64,
    /// STACK WIN records.
    pub wins: u64,
}

/// One kind of oddity met in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What was odd, in a few words.
    pub kind: &'static str,
    /// How many records.
    pub count: u64,
    /// The first few line numbers, 1-based.
    pub first_lines: Vec<u64>,
}

/// Symbols of one module: its Breakpad text and the index over it.
#[derive(Debug)]
pub struct SymbolIndex {
    module: Option<ModuleRecord>,
    diagnostics: Vec<Diagnostic>,
}

#[allow(missing_docs, unused_variables)]
impl SymbolIndex {
    pub fn build(text: &[u8]) -> Vec<u8> {
        Vec::new()
    }
    pub fn from_text(text: Vec<u8>) -> SymbolIndex {
        SymbolIndex { module: None, diagnostics: Vec::new() }
    }
    pub fn open(sym: &Path, index: &Path) -> Result<SymbolIndex, Error> {
        Err(Error::Damaged("not written yet"))
    }
    pub fn open_or_build(sym: &Path, index: &Path) -> Result<SymbolIndex, Error> {
        Err(Error::Damaged("not written yet"))
    }
    pub fn module(&self) -> Option<&ModuleRecord> {
        self.module.as_ref()
    }
    pub fn function_at(&self, rva: u64) -> Option<Function<'_>> {
        None
    }
    pub fn frames_at<'a>(&'a self, rva: u64, out: &mut Vec<SourceFrame<'a>>) -> bool {
        false
    }
    pub fn cfi_at(&self, rva: u64) -> Option<CfiRules<'_>> {
        None
    }
    pub fn win_at(&self, rva: u64) -> Option<StackWin<'_>> {
        None
    }
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
    pub fn counts(&self) -> Counts {
        Counts::default()
    }
}
