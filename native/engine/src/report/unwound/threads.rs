//! `threads` and `crashing_thread`.

use super::UnwoundReport;
use crate::json::{Hex, Null, Writer};
use crate::report::frame::{Half, Inlined};
use crate::report::recursion::Repetition;
use crate::report::share::{self, Share};
use crate::resolution::Resolution;
use crate::unwound::{Shown, ThreadView};

impl UnwoundReport<'_> {
    pub(super) fn threads(&self, w: &mut Writer) {
        w.field("thread_count", self.threads.len());
        let crashed = self.crashed.and_then(|index| self.threads.get(index));
        let mut share = Share::of(w, crashed.map_or(0, thread_bytes));
        w.key("threads");
        w.begin_array();
        let mut crashed = None;
        for (index, view) in self.threads.iter().enumerate() {
            if self.crashed == Some(index) {
                w.begin_object();
                let from = w.len();
                share.crashed(w, |w| self.thread(w, view));
                if !view.frames.is_empty() {
                    crashed = Some((index, from..w.len()));
                }
            } else if share
                .other(w, |w| {
                    w.begin_object();
                    self.thread(w, view);
                })
                .is_none()
            {
                // Threads are referred to by index, so an entry remains for each.
                let id = view.thread.and_then(|thread| thread.id);
                share::without_frames(w, id, view.frames.len() as u64);
            }
        }
        w.end_array();
        if let Some((index, written)) = crashed {
            w.key("crashing_thread");
            w.begin_object();
            w.field("threads_index", index);
            w.separate();
            w.repeat(written.start, written.end);
        }
    }

    /// The keys of a thread and its closing bracket.
    fn thread(&self, w: &mut Writer, view: &ThreadView<'_>) {
        let thread = view.thread;
        w.field("thread_id", thread.and_then(|thread| thread.id));
        w.field("thread_name", thread.and_then(|thread| thread.name.as_deref()));
        w.field("queue", thread.and_then(|thread| thread.queue.as_deref()));
        for key in ["last_error_value", "end"] {
            w.field(key, Null);
        }
        w.field("cycle", repeats(view));
        w.field("recursion", self.repetition(view));
        w.field("synthesised", thread.is_none());
        w.field("exception", view.exception);
        if let Some(thread) = thread.filter(|thread| !thread.state.is_empty()) {
            w.key("state");
            let state = |w: &mut Writer| {
                w.entries("state", &thread.state, |w, (name, value)| {
                    w.foreign_key(name);
                    w.string(value);
                });
            };
            w.part(4, state);
        }
        w.field("frame_count", view.frames.len());
        w.key("frames");
        let omitted = w.list("frames", view.frames.iter().enumerate(), |w, (index, frame)| {
            w.begin_object();
            w.field("frame", index);
            w.field("trust", if index == 0 && !frame.returns { "context" } else { "delivered" });
            if index == 0
                && let Some(thread) = thread.filter(|thread| !thread.registers.is_empty())
            {
                w.key("registers");
                let registers = |w: &mut Writer| {
                    w.entries("registers", &thread.registers, |w, (name, value)| {
                        w.foreign_key(name);
                        w.hex(*value, self.width);
                    });
                };
                w.part(4, registers);
            }
            self.frame(w, frame);
            w.end_object();
        });
        share::omitted_frames(w, omitted);
        w.end_object();
    }

    /// The recursion that an exception's text contains once, with the number of its turns.
    fn repetition(&self, view: &ThreadView<'_>) -> Option<Repetition> {
        let thrown = view.exception.and_then(|index| self.crash.thrown.get(index))?;
        let repeated = thrown.repeated?;
        let omitted = repeated.times.saturating_sub(1).saturating_mul(repeated.period as u64);
        Some(Repetition {
            first: repeated.first,
            period: repeated.period,
            repeats: repeated.times,
            gap: repeated.first + repeated.period,
            omitted,
        })
    }

    /// The keys of a frame that depend on its location.
    pub(super) fn frame(&self, w: &mut Writer, frame: &Shown<'_>) {
        let half = Half {
            offset: frame.offset,
            module: frame.module_name(),
            module_offset: frame.module_offset,
            function: frame.function.as_deref(),
            function_offset: frame.function_offset,
            file: frame.file,
            line: frame.line,
            width: self.width,
        };
        half.write(w, frame.inlines.iter().map(|(function, file, line)| Inlined { function, file, line }));
        if let Some(base) = frame.unlisted {
            w.field("module_base", Hex(base, self.width));
        }
        w.field("missing_symbols", frame.function.is_none());
        if frame.given {
            w.field("symbols", "given");
        } else if frame.function.is_some() && self.has_only_exports(frame) {
            w.field("symbols", "exports");
        }
    }

    fn has_only_exports(&self, frame: &Shown<'_>) -> bool {
        let slot = frame.image.and_then(|image| self.images.get(image));
        slot.and_then(|slot| slot.resolution.as_deref()).is_some_and(Resolution::has_only_exports)
    }
}

/// About how many bytes a thread takes.
fn thread_bytes(view: &ThreadView<'_>) -> usize {
    let frame = |frame: &Shown<'_>| {
        let inlines = frame.inlines.iter().flat_map(|(function, file, _)| [Some(function), file]);
        share::frame_bytes([frame.function.as_deref(), frame.file, frame.module].into_iter().chain(inlines))
    };
    view.frames.iter().map(frame).sum()
}

/// The stretch of a thread's frames that repeats. A frame without an address is like no other.
fn repeats(view: &ThreadView<'_>) -> Option<unwind::Cycle> {
    let addresses = view.frames.iter().zip((0..=u64::MAX).rev()).map(|(frame, unique)| frame.offset.unwrap_or(unique));
    unwind::longest_cycle(&addresses.collect::<Vec<_>>())
}
