//! What an input is that is refused: its kind by name, and what can be done about it.

mod binary;
mod text;
mod tombstone;

pub(crate) use binary::of as of_bytes;
pub(crate) use text::{of as of_text, with_frames};

use crate::Error;

/// A kind of input that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// With its article: `an ELF core file`.
    name: &'static str,
    /// What to do instead; empty where there is nothing to do.
    hint: &'static str,
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self::OtherKind { name: kind.name, hint: kind.hint }
    }
}
