//! What was read: the input itself, its streams, and what was wrong with it.

use minidump::kind;

use super::DumpReport;
use crate::json::{Hex, Writer};
use crate::report::{cut, metadata};
use crate::time::iso8601;

/// Bytes of the writer's own JSON that is passed on as JSON; a longer one is passed on as a text.
const SOFT_ERRORS_BYTES: usize = 256 << 10;

impl DumpReport<'_> {
    pub(super) fn input(&self, w: &mut Writer) {
        w.key("input");
        w.begin_object();
        w.field("kind", "minidump");
        w.field("name", self.options.name.as_deref());
        w.field("size", self.size);
        w.key("time");
        match self.dump.header.timestamp {
            0 => w.null(),
            seconds => w.string(&iso8601(u64::from(seconds))),
        }
        w.field("flags", Hex(self.dump.header.flags, 16));
        w.field("writer", self.writer());
        w.key("streams");
        w.list("streams", &self.dump.streams, |w, stream| {
            w.begin_object();
            w.field("type", Hex(stream.kind, 8));
            w.field("name", stream.name());
            w.field("size", stream.size);
            w.end_object();
        });
        w.end_object();
    }

    /// Which program family wrote the dump, by the streams that only it writes.
    fn writer(&self) -> Option<&'static str> {
        let has = |wanted: u32| self.dump.streams.iter().any(|s| s.kind == wanted);
        let has_tag = |tag: u32| self.dump.streams.iter().any(|s| s.kind >> 16 == tag);
        if has(kind::CRASHPAD_INFO) {
            Some("crashpad")
        } else if has(kind::MOZ_SOFT_ERRORS) || has(kind::MOZ_LINUX_LIMITS) {
            Some("minidump-writer")
        } else if has(kind::LLDB_GENERATED) {
            Some("lldb")
        } else if has_tag(0x4767) {
            Some("breakpad")
        } else if matches!(self.dump.os(), vocabulary::Os::Windows) && has(kind::MISC_INFO) {
            Some("dbghelp")
        } else {
            None
        }
    }

    pub(super) fn faults(&self, w: &mut Writer, budget: usize) {
        w.key("faults");
        w.begin_array();
        cut::with_fault(w, budget, |w| {
            w.as_many_as_fit("faults", &self.dump.faults, fault);
            metadata::notes(w, &self.options.notes);
            if let Some(context) = self.context {
                metadata::notes(w, &context.notes);
            }
        });
        w.end_array();
        w.field("faults_omitted", self.dump.faults_omitted);
    }

    /// What the writer itself could not do: JSON of minidump-writer, passed on as it is if it is JSON, else as a text.
    pub(super) fn soft_errors(&self, w: &mut Writer) {
        w.key("soft_errors");
        let Some(text) = self.dump.soft_errors.as_deref().filter(|text| !text.trim().is_empty()) else {
            return w.null();
        };
        // A tree of values takes many times the bytes of its text.
        let short = Some(text).filter(|text| text.len() <= SOFT_ERRORS_BYTES);
        let parsed = short.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        // Written anew, because a line break inside would cut a report of one line in two.
        match parsed.and_then(|value| serde_json::to_vec(&value).ok()) {
            Some(json) if json.len() <= w.left() => w.raw(&json),
            _ => w.text(text),
        }
    }

    /// Text that people or other writers left in the dump.
    pub(super) fn texts(&self, w: &mut Writer) {
        w.key("comments");
        w.list("comments", &self.dump.comments, |w, comment| w.text(comment));
        w.key("texts");
        w.list("texts", &self.dump.texts, |w, text| {
            w.begin_object();
            w.field("stream", text.name);
            w.key("text");
            w.part(2, |w| w.text(&text.text));
            w.end_object();
        });
    }
}

fn fault(w: &mut Writer, fault: &minidump::Fault) {
    w.begin_object();
    w.key("stream");
    match fault.stream.map(|s| (s, kind::name(s))) {
        None => w.null(),
        Some((_, Some(name))) => w.string(name),
        Some((number, None)) => w.hex(u64::from(number), 8),
    }
    w.field("entry", fault.entry);
    w.field("offset", fault.offset);
    w.field("message", &fault.message);
    w.end_object();
}
