//! What a caller can choose about a report.

use std::sync::Arc;

use failure::name::{Profile, Rules, Vocabulary};
use inputs::Note;
use unwind::Limits;

use crate::limits::report_bytes;

/// Choices for one crash.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the input is called: a path or any name; shown in the report.
    pub name: Option<String>,
    /// Bytes of the whole input, where that is not the crash alone; shown in the report.
    pub size: Option<u64>,
    /// Which of how many crashes of the input it is, where there may be several; shown in the report.
    pub one_of: Option<(usize, usize)>,
    /// What was tolerated in the input as a whole; listed in the report.
    pub notes: Vec<Note>,
    /// Bounds of the stack walks.
    pub limits: Limits,
    /// Words for null addresses in the failure's name.
    pub vocabulary: Vocabulary,
    /// Which frames are skipped when a failure is blamed.
    pub profile: Profile,
    /// A user's own rules of blame, before the built-in ones.
    pub rules: Option<Arc<Rules>>,
    /// Bytes that the report may have; `None` takes the default, which grows with the input. See `docs/limits.md`.
    pub report_bytes: Option<usize>,
    /// Show what is left out otherwise: the process's environment variables, which often hold secrets, and the whole
    /// memory map, which is long.
    pub full: bool,
}

impl Options {
    /// Bytes that the report of a crash of so many bytes may have. What a compressed input unpacks to does not count,
    /// because a few bytes unpack to anything.
    pub(crate) fn budget(&self, crash: usize) -> usize {
        let given = self.size.map_or(crash, |size| usize::try_from(size).unwrap_or(usize::MAX));
        self.report_bytes.unwrap_or_else(|| report_bytes(given))
    }
}
