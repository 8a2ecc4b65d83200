//! Crashes as Windows Error Reporting describes them: a signature of parameters without a stack. The signature is in the
//! event log (events 1000 and 1001, as text in any language or as XML), in the report's file (`Report.wer`), and in the
//! details that Windows shows when a program ends.

mod event;
mod report_file;
mod signature;

use crate::{Crash, Error};

/// The crash of a text. None if the text is nothing of Windows Error Reporting.
///
/// # Errors
///
/// If it is a report of something else than a crash.
pub(crate) fn recognise(text: &str) -> Option<Result<Crash, Error>> {
    report_file::read(text).or_else(|| event::read(text))
}
