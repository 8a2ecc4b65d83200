//! Reports inside other text: in Markdown's fences, behind a sentence.

use crate::Crash;

/// Where in a text a JSON report of Apple's may begin, in order: at the start of a line. Only a few places are offered,
/// whatever the text.
pub(crate) fn reports_in_text(text: &str) -> impl Iterator<Item = usize> {
    const PLACES: usize = 8;
    let begins_line =
        |at: usize| text[..at].trim_end_matches([' ', '\t']).chars().next_back().is_none_or(|c| c == '\n');
    let places = text.match_indices('{').map(|(at, _)| at);
    places.filter(move |&at| begins_line(at) && begins_report(&text[at..])).take(PLACES)
}

/// Whether a crash that was read from inside other text is one: it has a stack with addresses, and the JSON was sound.
/// The literals of a program's source often look like a report, and are not JSON.
pub(crate) fn is_sound(crash: &Crash) -> bool {
    /// The end may be cut off, and an image may be missing.
    const NOTES: usize = 1;
    let has_stack = crash.threads.iter().any(|thread| thread.frames.iter().any(|frame| frame.address.is_some()));
    has_stack && crash.notes.len() <= NOTES
}

/// A brace, then soon a name that only these reports have.
fn begins_report(text: &str) -> bool {
    /// The first line of a report has its names within this, and so has the report itself.
    const NEAR: usize = 2048;
    const NAMES: [&str; 11] = [
        "\"app_name\"",
        "\"bug_type\"",
        "\"incident_id\"",
        "\"procName\"",
        "\"crashReporterKey\"",
        "\"usedImages\"",
        "\"faultingThread\"",
        "\"callStackTree\"",
        "\"crashDiagnostics\"",
        "\"panicString\"",
        "\"largestProcess\"",
    ];
    if !text[1..].trim_start().starts_with('"') {
        return false;
    }
    let mut end = NEAR.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    NAMES.iter().any(|name| text[..end].contains(name))
}
