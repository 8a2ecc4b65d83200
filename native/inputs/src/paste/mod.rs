//! Text as people paste it: out of web pages, mails and code viewers, into Markdown.
//!
//! [`clean`] takes away what the way left on the lines: white space that is not ASCII, marks of a quoted mail, a gutter of
//! line numbers, HTML's character references. Lines stay lines, so that a line's number is still that of the input. What is
//! around a report, such as Markdown's fences, is left to whoever looks for the report.

mod gutter;
mod html;
mod quoted;
mod space;

use std::borrow::Cow;

use crate::notes::Notes;

/// The text without something; None if it is not there.
type Step = fn(&str) -> Option<String>;

/// The text without what pasting added; what was taken away is noted.
pub(crate) fn clean<'a>(text: &'a str, notes: &mut Notes) -> Cow<'a, str> {
    let mut clean = Cow::Borrowed(text);
    let steps: [(Step, &str); 4] = [
        (space::clean, "white space that is not ASCII is read as spaces"),
        (html::clean, "character references of HTML are read as the characters"),
        (quoted::clean, "the marks of a quoted mail are left out"),
        (gutter::clean, "line numbers at the start of the lines are left out"),
    ];
    for (step, note) in steps {
        if let Some(text) = step(&clean) {
            notes.note(String::new, note);
            clean = Cow::Owned(text);
        }
    }
    clean
}

/// Whether a text begins like JSON: what is inside its strings is data, and no trace of pasting.
fn begins_like_json(text: &str) -> bool {
    let mut marks = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    match marks.next() {
        Some(b'{') => true,
        Some(b'[') => matches!(marks.next(), Some(b'{' | b'[' | b']')),
        _ => false,
    }
}
