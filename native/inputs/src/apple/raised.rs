//! The words of Objective-C's and C++'s run-times about an uncaught exception.

use crate::{Crash, Language, Thrown};

/// What the run-time prints before it aborts the process.
pub(crate) const UNCAUGHT: &str = "*** Terminating app due to uncaught exception '";

/// The exception that a message describes.
pub(crate) fn parse(message: &str) -> Option<Thrown> {
    objective_c(message).or_else(|| cpp(message))
}

/// `terminating with uncaught exception of type std::out_of_range: vector`
fn cpp(message: &str) -> Option<Thrown> {
    let (_, after) = message.split_once("uncaught exception of type ")?;
    let line = after.lines().next().unwrap_or_default();
    let (name, text) = line.split_once(": ").unwrap_or((line, ""));
    // Objective-C's are described better elsewhere.
    let is_type = !name.is_empty() && name != "NSException" && !name.ends_with('*');
    is_type.then(|| Thrown {
        language: Language::Cpp,
        type_name: Some(name.to_owned()),
        message: Some(text.to_owned()).filter(|text| !text.is_empty()),
        ..Thrown::default()
    })
}

/// `… uncaught exception 'NSRangeException', reason: '*** -[…]: …'`
fn objective_c(message: &str) -> Option<Thrown> {
    let (_, after) = message.split_once("uncaught exception '")?;
    // Names that hold message text may hold quotes (`RCTFatalException: … (evaluating 'a.b')`).
    let end = after.find("', reason: '").or_else(|| after.find('\''))?;
    let (name, rest) = (&after[..end], &after[end + 1..]);
    let reason = rest.split_once("reason: '").map(|(_, reason)| {
        // The reason may hold quotes: it ends with the last one.
        let end = reason.rfind('\'').unwrap_or(reason.len());
        reason[..end].to_owned()
    });
    let thrown = Thrown {
        language: Language::ObjectiveC,
        type_name: Some(name.to_owned()),
        message: reason.filter(|reason| !reason.is_empty()),
        ..Thrown::default()
    };
    let first_line = name.lines().next().unwrap_or("");
    (!name.is_empty() && (first_line.len() == name.len() || first_line.contains(": "))).then_some(thrown)
}

/// Add the exception that the messages of a crash describe, if no exception is known.
pub(crate) fn from_messages(crash: &mut Crash) {
    if crash.thrown.is_empty()
        && let Some(thrown) = crash
            .messages
            .iter()
            .find_map(|(_, text)| objective_c(text))
            .or_else(|| crash.messages.iter().find_map(|(_, text)| parse(text)))
    {
        crash.thrown.push(thrown);
    }
}
