//! The text of an exception alone as a crash.

use crate::managed::Parsed;
use crate::{Crash, Kind};

/// The crash that a text of exceptions tells.
pub(crate) fn crash(parsed: &Parsed) -> Crash {
    Crash {
        kind: Some(Kind::StackTrace),
        thrown: parsed.thrown.clone(),
        notes: parsed.notes.clone(),
        ..Crash::default()
    }
}
