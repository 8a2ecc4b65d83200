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

/// Whether a text is such a report, or a part of one: what a line begins must fit another line. A header field, a thread's
/// first line or a line of addresses alone stands in manuals and change logs as well.
pub(crate) fn looks_like(text: &str) -> bool {
    let (mut fields, mut parts, mut frames, mut images) = (0, 0, 0, 0);
    for line in text.lines().map(section::unquoted) {
        match section::of(line) {
            Some(section::Start::Thread { crashed, name, queue, .. }) => {
                // `Thread 1: a sentence` is none.
                parts += usize::from(crashed || queue.is_some() || name.is_none() || line.contains(" name:"));
            }
            Some(section::Start::Images | section::Start::LastException(_)) => parts += 1,
            _ if header::is_typical(line) => fields += 1,
            _ => {
                // Other texts list numbers, too: the address of a frame stands behind a name and is no small number.
                let is_frame = |frame: crate::Frame| frame.image_name.is_some() && frame.address > Some(0xffff);
                frames += usize::from(frame::parse(line).is_some_and(is_frame));
                images += usize::from(image::parse(line).is_some_and(|(image, _)| image.debug_id.is_some()));
            }
        }
        let addresses = frames + images;
        if fields >= 3 || (parts > 0 && fields + addresses > 0) || (fields > 0 && addresses > 0) || frames >= 4 {
            return true;
        }
    }
    false
}
