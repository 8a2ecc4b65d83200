//! `exceptions` and `last_exception_backtrace`.

use inputs::Relation;
use vocabulary::Language;

use super::UnwoundReport;
use crate::json::{Hex, Writer};
use crate::unwound::Shown;

impl UnwoundReport<'_> {
    pub(super) fn last_exception(&self, w: &mut Writer) {
        w.key("last_exception_backtrace");
        if self.last_exception.is_empty() {
            return w.null();
        }
        w.list("frames", self.last_exception.iter().enumerate(), |w, (index, frame)| {
            w.begin_object();
            w.field("frame", index);
            w.field("trust", "delivered");
            self.frame(w, frame);
            w.end_object();
        });
    }

    pub(super) fn exceptions(&self, w: &mut Writer) {
        w.key("exceptions");
        w.list("exceptions", self.crash.thrown.iter().enumerate(), |w, (index, thrown)| {
            w.begin_object();
            w.field("language", Some(thrown.language).filter(|one| *one != Language::Unknown).map(Language::as_str));
            w.field("type", thrown.type_name.as_deref());
            w.key("message");
            w.part(2, |w| w.optional_text(thrown.message.as_deref()));
            w.field("hresult", Hex(thrown.hresult, 8));
            let relation = match thrown.relation {
                Relation::Outer => "outer",
                Relation::Cause => "cause",
                Relation::Beside => "beside",
            };
            w.field("relation", relation);
            w.field("parent", thrown.parent);
            w.field("blamed", self.root.is_some_and(|root| root.thrown == index));
            w.most(|w| self.thrown_frames(w, index, thrown));
            w.key("stack_trace");
            w.part(2, |w| w.optional_text(thrown.stack_trace.as_deref()));
            w.end_object();
        });
    }

    fn thrown_frames(&self, w: &mut Writer, index: usize, thrown: &inputs::Thrown) {
        let located = self.stacks.thrown.get(index).map_or(&[][..], Vec::as_slice);
        w.key("frames");
        w.list("frames", thrown.frames.iter().enumerate(), |w, (number, frame)| {
            w.begin_object();
            w.field("frame", number);
            w.field("trust", "delivered");
            let shown = Shown::managed(self.crash, frame, located.get(number), &self.stacks.places);
            self.frame(w, &shown);
            for (key, text) in [
                ("class", &frame.class),
                ("method", &frame.method),
                ("parameters", &frame.parameters),
                ("text", &frame.text),
            ] {
                w.field(key, text.as_deref());
            }
            w.field("column", frame.column);
            w.field("mark", frame.mark);
            w.end_object();
        });
    }
}
