//! Apple's text report (`.crash`), of the systems and of PLCrashReporter.
//!
//! Read line by line: [`section`] says which part a line begins, the parts read their lines. Reports come through mails
//! and forums: indented, quoted, wrapped, cut; a line that begins nothing belongs to the one before it.

mod backtrace;
mod frame;
mod header;
mod image;
mod inlined;
mod other;
mod registers;
mod report;
mod section;

use crate::Error;
use crate::apple::raised;
use other::Evidence;

pub(crate) use backtrace::exception_backtrace;
pub(crate) use report::crash;

/// Whether a text is a report of a crash, or a part of one: it has the form of Apple's reports, and contains an
/// exception or a stack, or it was cut off before them.
pub(crate) fn looks_like(text: &str) -> bool {
    !is_console(text) && Evidence::of(text).is_crash()
}

/// Whether a text is what the console shows of an exception of Objective-C: a message and a backtrace, but no report.
fn is_console(text: &str) -> bool {
    text.contains(raised::UNCAUGHT)
        && text.contains("*** First throw call stack:")
        && !text.lines().map(section::unquoted).any(begins_a_part)
}

/// Why a text is refused that is a report of Apple's, but not of a crash. None: it is not such a report, or a crash.
pub(crate) fn refusal(text: &str) -> Option<Error> {
    let evidence = Evidence::of(text);
    if evidence.is_crash() {
        return None;
    }
    let other = evidence.other().map(|what| format!("it is {what}"));
    let header = || evidence.is_report().then(|| "it has neither an exception nor a stack".to_owned());
    other.or_else(header).map(Error::NotACrash)
}

/// Whether a line is one of a report's header or begins one of its parts.
pub(crate) fn begins_a_part(line: &str) -> bool {
    header::is_typical(line) || section::of(line).is_some()
}
