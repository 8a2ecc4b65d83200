//! Apple's JSON report (`.ips`): a line that says what it is, then the report itself.
//!
//! Numbers are decimal, addresses are an image and an offset into it, images may come after what names them. Inlined
//! functions are frames of their own, marked and before the frame they are in.

mod bug_type;
mod embedded;
mod frame;
mod image;
mod report;
mod thread;

use std::ops::Range;

pub(crate) use bug_type::{check as check_bug_type, other_report};
pub(crate) use embedded::{is_sound, reports_in_text};
pub(crate) use report::{crash, header_member};

/// Where the JSON lies in a report that Console exported: translated text first, then the report itself.
pub(crate) fn report_after_text(text: &str) -> Option<Range<usize>> {
    let head = text.find("Full Report\n").or_else(|| text.find("Full Report\r\n"))?;
    // A line of dashes is between.
    let start = head + text[head..].find('{')?;
    let between = text[head + "Full Report".len()..start].chars().all(|c| c == '-' || c.is_whitespace());
    between.then_some(start..text.len())
}
