//! Inlined functions: a report made by Xcode repeats a line, with the same address, for each function inlined there.

use crate::{Frame, Given};

/// Make lines of the same address one frame, the others its inlined functions.
///
/// Direct recursion repeats addresses as well, but then the function is the same; a function that comes again at the
/// address begins the next frame.
pub(super) fn collapse(frames: Vec<Frame>) -> Vec<Frame> {
    let mut out: Vec<Frame> = Vec::with_capacity(frames.len());
    for mut frame in frames {
        if let Some(last) = out.last_mut()
            && last.address == frame.address
            && last.address.is_some()
            && let (Some(inner), Some(outer)) = (&mut last.given, &mut frame.given)
            && inner.function.is_some()
            && outer.function.is_some()
            && inner.function != outer.function
            && inner.inlines.len() < 64
            && !inner.inlines.iter().any(|(function, _, _)| Some(function) == outer.function.as_ref())
        {
            outer.inlines = std::mem::take(&mut inner.inlines);
            outer.inlines.push(call(inner));
            *last = frame;
        } else {
            out.push(frame);
        }
    }
    out
}

fn call(given: &mut Given) -> (String, Option<String>, Option<u32>) {
    (given.function.take().unwrap_or_default(), given.file.take(), given.line)
}
