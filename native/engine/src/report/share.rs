//! How the threads of a report share its budget.

use crate::json::{NAME_BYTES, Writer};

/// The budget of the threads' frames, in bytes.
///
/// The crashed thread is written twice and is the most important part of a report: its budget is reserved first, and
/// the other threads share the rest.
pub(super) struct Share {
    crashed: usize,
    others: usize,
}

impl Share {
    /// The share of a report whose crashed thread takes about `needed` bytes.
    pub(super) fn of(w: &Writer, needed: usize) -> Self {
        // An eighth is reserved for the rest of the report.
        let all = w.left() / 8 * 7;
        let crashed = needed.saturating_add(needed / 4 + (64 << 10)).min(all / 5 * 2);
        Self { crashed, others: all - 2 * crashed }
    }

    /// Write the crashed thread.
    pub(super) fn crashed<T>(&self, w: &mut Writer, write: impl FnOnce(&mut Writer) -> T) -> T {
        w.within(self.crashed, write)
    }

    /// Write another thread; `None` if the budget is used up.
    pub(super) fn other<T>(&mut self, w: &mut Writer, write: impl FnOnce(&mut Writer) -> T) -> Option<T> {
        if self.others == 0 {
            return None;
        }
        let from = w.len();
        let value = w.within(self.others, write);
        self.others = self.others.saturating_sub(w.len() - from);
        Some(value)
    }
}

/// About how many bytes a frame takes, of which these texts are the names.
pub(super) fn frame_bytes<'a>(names: impl IntoIterator<Item = Option<&'a str>>) -> usize {
    const KEYS: usize = 512;
    KEYS + names.into_iter().flatten().map(|name| name.len().min(NAME_BYTES) + 48).sum::<usize>()
}

/// The entry of a thread whose frames are left out.
pub(super) fn without_frames(w: &mut Writer, id: Option<u64>, frames: u64) {
    w.begin_object();
    w.field("thread_id", id);
    w.field("frame_count", frames);
    w.key("frames");
    w.begin_array();
    w.end_array();
    omitted_frames(w, frames);
    w.end_object();
    w.omit("frames", frames);
}

/// `frames_omitted` of a thread, where there are any.
pub(super) fn omitted_frames(w: &mut Writer, count: u64) {
    if count > 0 {
        w.field("frames_omitted", count);
    }
}
