//! Frames of a report.

use crate::json::Reader;
use crate::{Frame, Given, limits};

/// Reads frames, with one limit for the whole report.
pub(super) struct Frames {
    pub(super) left: usize,
}

/// A frame, and whether it is of an inlined function.
struct Read {
    frame: Frame,
    offset: Option<u64>,
    inline: bool,
}

impl Frames {
    /// Read the frames that are next. Addresses are offsets yet: images may come later; see [`super::report`].
    pub(super) fn read(&mut self, reader: &mut Reader<'_>) -> Vec<Frame> {
        let mut frames: Vec<Frame> = Vec::new();
        let mut inlined: Vec<Read> = Vec::new();
        reader.items(|reader, _| {
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            if self.left == 0 {
                reader.note(format!("more frames than {}; the rest is left out", limits::FRAMES));
            }
            let mut read = one(reader);
            if inlined.last().is_some_and(|last| (last.frame.image, last.offset) != (read.frame.image, read.offset)) {
                reader.note("an inlined function is not where its caller is");
                frames.extend(inlined.drain(..).map(|read| read.frame));
            }
            if read.inline {
                inlined.push(read);
                return;
            }
            if !inlined.is_empty() {
                let given = read.frame.given.get_or_insert_default();
                given.inlines = inlined.drain(..).filter_map(|read| read.frame.given).map(call).collect();
            }
            frames.push(read.frame);
        });
        frames.extend(inlined.into_iter().map(|read| read.frame));
        frames
    }
}

fn call(given: Given) -> (String, Option<String>, Option<u32>) {
    (given.function.unwrap_or_default(), given.file, given.line)
}

fn one(reader: &mut Reader<'_>) -> Read {
    let mut frame = Frame::default();
    let mut given = Given::default();
    let (mut offset, mut inline) = (None, false);
    reader.members(|reader, name| match name {
        "imageIndex" => frame.image = reader.unsigned().and_then(|index| usize::try_from(index).ok()),
        "imageOffset" => offset = reader.bits(),
        "symbol" => given.function = reader.text(),
        "symbolLocation" => given.offset = reader.unsigned(),
        "sourceFile" => given.file = reader.text(),
        "sourceLine" => {
            given.line = reader.unsigned().and_then(|line| u32::try_from(line).ok()).filter(|&line| line > 0)
        }
        "inline" => inline = reader.boolean().unwrap_or_default(),
        _ => {}
    });
    frame.address = offset;
    frame.given = (given != Given::default()).then_some(given);
    Read { frame, offset, inline }
}
