//! What a caller chooses: the words of names, and whose way of blaming is followed.

/// The words in which null addresses are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vocabulary {
    /// `NULL_POINTER`, `NULL_CLASS_PTR`, `INVALID_POINTER`; on Windows each with `_READ` or `_WRITE`.
    #[default]
    Classic,
    /// Debuggers from 1.2410 on: `INVALID_POINTER` for all three.
    V2410,
}

/// Which frames are skipped on the way to the one to blame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Abort, terminate, throw helpers and their run-time are skipped.
    #[default]
    Wer,
    /// As public `!analyze` output: abort and terminate are blamed.
    Windbg,
}
