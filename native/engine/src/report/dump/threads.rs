//! `threads` and `crashing_thread`.

use std::ops::Range;

use super::DumpReport;
use super::unloaded::Candidates;
use crate::json::{Hex, Writer};
use crate::report::frame;
use crate::report::recursion::Repetition;
use crate::report::share::{self, Share};
use crate::resolution::Resolution;
use crate::resolve::Place;
use crate::time::iso8601;

/// Seconds between 1601, where Windows counts from, and 1970.
const SECONDS_1601_TO_1970: u64 = 11_644_473_600;

/// Per code location: where the half of a frame's object that depends on the location alone was written.
struct Written {
    halves: Vec<Option<Range<usize>>>,
    unloaded: Candidates,
}

impl DumpReport<'_> {
    pub(super) fn threads(&self, w: &mut Writer) {
        let mut written = Written { halves: vec![None; self.places.len()], unloaded: Candidates::of(self.dump) };
        let mut share = Share::of(w, self.crashing.map_or(0, |index| self.stack_bytes(index)));
        w.key("threads");
        w.begin_array();
        for (index, thread) in self.dump.threads.iter().enumerate() {
            if self.crashing == Some(index) {
                share.crashed(w, |w| self.thread(w, index, false, &mut written));
            } else if share.other(w, |w| self.thread(w, index, false, &mut written)).is_none() {
                // Threads are referred to by index, so an entry remains for each.
                let frames = self.stacks.get(index).map_or(0, |stack| stack.frames.len() as u64);
                share::without_frames(w, Some(u64::from(thread.id)), frames);
            }
        }
        w.end_array();
        if let Some(index) = self.crashing
            && self.stacks.get(index).is_some_and(|s| !s.frames.is_empty())
        {
            w.key("crashing_thread");
            share.crashed(w, |w| self.thread(w, index, true, &mut written));
        }
    }

    /// About how many bytes a thread takes.
    fn stack_bytes(&self, thread: usize) -> usize {
        let frames = self.stacks.get(thread).map_or(0, |stack| stack.frames.len());
        let bytes = |frame| {
            let Some((_, place)) = self.places.of_frame(thread, frame) else { return 0 };
            let module = place.module.and_then(|m| self.keys.get(m)).map(|k| k.code_file.as_str());
            let sources = self.places.sources(&place).iter();
            let names = sources.flat_map(|source| [Some(&*source.function), source.file.as_deref()]);
            share::frame_bytes(names.chain([module]))
        };
        (0..frames).map(bytes).sum()
    }

    /// One thread. As `crashing_thread` it has its index and its registers, too.
    fn thread(&self, w: &mut Writer, index: usize, crashing: bool, written: &mut Written) {
        let (Some(thread), Some(stack)) = (self.dump.threads.get(index), self.stacks.get(index)) else { return };
        w.begin_object();
        if crashing {
            w.field("threads_index", index);
        }
        w.field("thread_id", thread.id);
        w.field("thread_name", thread.name.as_deref());
        w.field("last_error_value", self.dump.last_error(index).map(failure::reason::last_error).as_deref());
        let end = if thread.is_dump_writer && stack.frames.is_empty() { "dump_writer" } else { stack.end.as_str() };
        w.field("end", end);
        w.field("cycle", stack.cycle);
        w.field("recursion", stack.recursion.as_ref().map(repetition));
        w.field("synthesised", thread.synthesised);
        if !thread.synthesised {
            self.scheduling(w, thread);
        }
        if let Some(info) = &thread.info {
            self.thread_info(w, info);
        }
        w.field("frame_count", stack.frames.len());
        w.key("frames");
        let omitted = w.list("frames", stack.frames.iter().enumerate(), |w, (i, frame)| {
            w.begin_object();
            w.field("frame", i);
            w.field("trust", frame.trust.as_str());
            if crashing && i == 0 {
                self.registers(w, index);
            }
            match self.places.of_frame(index, i) {
                Some((id, place)) => match written.halves.get(id).cloned().flatten() {
                    Some(half) => w.repeat(half.start, half.end),
                    None => {
                        let from = w.len();
                        let repeatable = self.place(w, &place, &mut written.unloaded);
                        if repeatable && let Some(slot) = written.halves.get_mut(id) {
                            *slot = Some(from..w.len());
                        }
                    }
                },
                None => w.end_object(),
            }
        });
        share::omitted_frames(w, omitted);
        w.end_object();
    }

    /// The rest of a frame's object, its closing bracket included. Returns whether it may be repeated for the same
    /// location: candidates may not, because their number is limited.
    fn place(&self, w: &mut Writer, place: &Place, unloaded: &mut Candidates) -> bool {
        let module = place.module.and_then(|m| self.dump.modules.get(m));
        let base = module.map_or(0, |m| m.base);
        let sources = self.places.sources(place);
        let function = sources.last();
        let half = frame::Half {
            offset: Some(place.lookup),
            module: place.module.and_then(|m| self.keys.get(m)).map(|k| k.code_file.as_str()),
            module_offset: module.map(|m| place.lookup.wrapping_sub(m.base)),
            function: function.map(|f| &*f.function),
            function_offset: function.map(|f| place.lookup.wrapping_sub(base).wrapping_sub(f.function_start)),
            file: function.and_then(|f| f.file.as_deref()),
            line: function.and_then(|f| f.line),
            width: self.width,
        };
        half.write(w, sources.split_last().map_or(&[][..], |(_, inlined)| inlined).iter().map(frame::Inlined::from));
        w.key("unloaded_modules");
        let candidates = module.is_none() && unloaded.write(w, place.lookup, self.width);
        if !candidates {
            w.null();
        }
        w.field("missing_symbols", function.is_none());
        let resolution = place.module.and_then(|module| self.resolution(module));
        if function.is_some() && resolution.is_some_and(Resolution::has_only_exports) {
            w.field("symbols", "exports");
        }
        w.end_object();
        !candidates
    }

    fn registers(&self, w: &mut Writer, thread: usize) {
        w.key("registers");
        w.begin_object();
        if let Some(registers) = self.stacks.get(thread).and_then(|s| s.registers) {
            for (name, value) in registers.known() {
                w.key(name);
                w.hex(value, self.width);
            }
            let exception = self.dump.exception.as_ref().and_then(|e| e.context.as_ref());
            let context = exception.or_else(|| self.dump.threads.get(thread).and_then(|t| t.context.as_ref()));
            if let (vocabulary::Arch::X86, Some(context)) = (registers.arch, context) {
                w.field("eflags", Hex(context.flags, 8));
            }
        }
        w.end_object();
    }

    fn scheduling(&self, w: &mut Writer, thread: &minidump::Thread) {
        w.field("suspend_count", thread.suspend_count);
        w.field("priority_class", Hex(thread.priority_class, 0));
        w.key("priority");
        match thread.priority.cast_signed() {
            priority @ 0.. => w.number(u64::from(priority.unsigned_abs())),
            // Below normal.
            priority => w.raw(priority.to_string().as_bytes()),
        }
        w.field("teb", Hex(Some(thread.teb).filter(|&teb| teb != 0), self.width));
    }

    fn thread_info(&self, w: &mut Writer, info: &minidump::ThreadInfo) {
        w.key("info");
        w.begin_object();
        w.field("start_address", Hex(info.start_address, self.width));
        w.field("create_time", time(info.create_time).as_deref());
        w.field("exit_time", time(info.exit_time).as_deref());
        w.field("user_time_ms", info.user_time / 10_000);
        w.field("kernel_time_ms", info.kernel_time / 10_000);
        w.field("exit_status", Hex(info.exit_status, 8));
        w.field("affinity", Hex(info.affinity, 0));
        w.field("dump_flags", Hex(info.dump_flags, 8));
        w.field("dump_error", Hex(info.dump_error, 8));
        w.end_object();
    }
}

fn repetition(recursion: &unwind::Recursion) -> Repetition {
    let unwind::Recursion { first, period, repeats, gap, omitted, .. } = *recursion;
    Repetition { first, period, repeats, gap, omitted }
}

/// A `FILETIME` as text; `None` for 0.
fn time(filetime: u64) -> Option<String> {
    (filetime / 10_000_000).checked_sub(SECONDS_1601_TO_1970).map(iso8601)
}
