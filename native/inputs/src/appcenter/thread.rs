//! `threads`.

use super::frame;
use crate::json::Reader;
use crate::{Crash, Frame, Language, LastException, Thread, Thrown, limits};

/// Read the `threads` that are next.
pub(super) fn read(reader: &mut Reader<'_>, crash: &mut Crash) {
    crash.threads.clear();
    let mut frames = Frames { left: limits::FRAMES, reading: Vec::new() };
    let (mut threads, mut last, mut thrown) = (Vec::new(), None, None);
    reader.items(|reader, index| {
        if !reader.within(index, limits::THREADS, "threads") {
            return;
        }
        let mut thread = Thread::default();
        reader.object(|reader, name| match name {
            "id" => thread.id = reader.unsigned(),
            "name" => thread.name = reader.text(),
            "frames" | "frame" => thread.frames = frames.read(reader),
            "exception" => {
                let (exception, backtrace) = exception(reader, &mut frames);
                last = backtrace.or(last.take());
                thrown = exception.or(thrown.take());
            }
            _ => {}
        });
        threads.push(thread);
    });
    crash.threads = threads;
    crash.last_exception = last.map(|frames| LastException { frames });
    crash.thrown.extend(thrown);
}

/// Reads native frames, with one limit for the whole log.
struct Frames {
    left: usize,
    /// The frames that are being read, so that each stack is allocated once and as long as it is.
    reading: Vec<Frame>,
}

impl Frames {
    /// Read the frames that are next.
    fn read(&mut self, reader: &mut Reader<'_>) -> Vec<Frame> {
        let Self { left, reading } = self;
        reader.items(|reader, _| {
            if *left == 0 {
                return;
            }
            *left -= 1;
            if *left == 0 {
                reader.note(format!("more frames than {}; the rest is left out", limits::FRAMES));
            }
            reading.push(Frame::default());
            if let Some(frame) = reading.last_mut() {
                frame::native(reader, frame);
            }
        });
        let mut frames = Vec::with_capacity(reading.len());
        frames.append(reading);
        frames
    }
}

/// The exception that hangs on the crashed thread of an Apple log: the last Objective-C exception and its backtrace.
fn exception(reader: &mut Reader<'_>, frames: &mut Frames) -> (Option<Thrown>, Option<Vec<Frame>>) {
    let mut thrown = Thrown { language: Language::ObjectiveC, ..Thrown::default() };
    let mut backtrace = None;
    reader.object(|reader, name| match name {
        "type" => thrown.type_name = reader.text(),
        "message" => thrown.message = reader.text(),
        "stackTrace" => thrown.stack_trace = reader.text(),
        "frames" | "frame" => backtrace = Some(frames.read(reader)).filter(|frames| !frames.is_empty()),
        _ => {}
    });
    let says = thrown.type_name.is_some() || thrown.message.is_some();
    (says.then_some(thrown), backtrace)
}
