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
    !is_console(text) && !is_swift(text) && Evidence::of(text).is_crash()
}

/// Whether a text is what the console shows of an exception of Objective-C: a message and a backtrace, but no report.
fn is_console(text: &str) -> bool {
    text.contains(raised::UNCAUGHT)
        && text.contains("*** First throw call stack:")
        && !text.lines().map(section::unquoted).any(begins_a_part)
}

/// Whether a text is the backtrace that Swift's runtime prints: it names threads as Apple's reports do, but has no header, and other
/// frames. Its first line begins with a mark, which depends on the terminal.
fn is_swift(text: &str) -> bool {
    const CRASHED: &str = "Program crashed: ";
    let is_first = |line: &str| {
        line.split_once(CRASHED).is_some_and(|(mark, _)| !mark.contains(|c: char| c.is_ascii_alphanumeric()))
    };
    text.contains(CRASHED) && text.lines().any(is_first) && !text.lines().map(section::unquoted).any(header::is_typical)
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
