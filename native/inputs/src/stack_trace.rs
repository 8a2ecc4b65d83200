//! The text of an exception alone as a crash.

use crate::managed::Parsed;
use crate::{Crash, Kind, System};

/// The crash that a text of exceptions describes.
pub(crate) fn crash(parsed: &Parsed) -> Crash {
    Crash {
        kind: Some(Kind::StackTrace),
        system: System { os: parsed.os, arch: parsed.arch, ..System::default() },
        process: parsed.process.clone(),
        images: parsed.images.clone(),
        exception: parsed.exception.clone(),
        thrown: parsed.thrown.clone(),
        notes: parsed.notes.clone(),
        ..Crash::default()
    }
}
