//! Apple's text report (`.crash`), of the systems and of PLCrashReporter.
//!
//! Read line by line: [`section`] says which part a line begins, the parts read their lines. Reports come through mails
//! and forums: indented, quoted, wrapped, cut; a line that begins nothing belongs to the one before it.

mod frame;
mod header;
mod image;
mod inlined;
mod registers;
mod report;
mod section;

pub(crate) use report::crash;

/// Whether a text is such a report: two of its lines could hardly be anything else.
pub(crate) fn looks_like(text: &str) -> bool {
    text.lines().map(section::unquoted).filter(|line| is_typical(line)).take(2).count() == 2
}

fn is_typical(line: &str) -> bool {
    header::is_typical(line)
        || matches!(section::of(line), Some(section::Start::Thread { .. } | section::Start::Images))
        || frame::parse(line).is_some()
        || image::parse(line).is_some()
}
