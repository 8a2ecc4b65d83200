//! `Application Specific Backtrace`: where macOS up to 10.14 and some programs keep what others call the last
//! exception's backtrace. An `.ips` has it in `asiBacktraces`.

use super::{frame, inlined};
use crate::{Crash, Frame, Language, LastException, limits};

/// Functions at the top of an exception's backtrace.
const THROWING: [&str; 5] = [
    "__exceptionPreprocess",
    "objc_exception_throw",
    "+[NSException raise",
    "-[NSException raise",
    "_CFThrowFormattedException",
];

/// The first of a crash's backtraces that is an exception's: it shows where one was thrown, or it has no symbols and
/// the crash is known to be of one. None if the crash has a last exception, or is a fault of memory, whose stack says
/// more.
pub(crate) fn exception_backtrace(crash: &Crash) -> Option<LastException> {
    let is = |text: Option<&String>, known: &[&str]| text.is_some_and(|text| known.contains(&text.as_str()));
    let is_fault = crash.exception.as_ref().is_some_and(|exception| {
        is(exception.kind.as_ref(), &["EXC_BAD_ACCESS"]) || is(exception.signal.as_ref(), &["SIGSEGV", "SIGBUS"])
    });
    if is_fault || crash.last_exception.is_some() {
        return None;
    }
    let thrown = crash.thrown.iter().any(|thrown| thrown.language == Language::ObjectiveC);
    let frames = crash.backtraces.iter().map(|text| frames(text)).find(|frames| is_of_exception(frames, thrown))?;
    Some(LastException { frames: inlined::collapse(frames) })
}

fn frames(text: &str) -> Vec<Frame> {
    text.lines().filter_map(|line| frame::parse(line.trim())).take(limits::FRAMES).collect()
}

fn is_of_exception(frames: &[Frame], thrown: bool) -> bool {
    const TOP: usize = 4;
    let mut functions = frames.iter().filter_map(|frame| frame.given.as_ref()?.function.as_deref()).peekable();
    if functions.peek().is_none() {
        return thrown && !frames.is_empty();
    }
    functions.take(TOP).any(|function| THROWING.iter().any(|throwing| function.starts_with(throwing)))
}
