//! The report of a crash without a dump, whose stacks arrive unwound: its parts and their JSON.

mod crash;
mod exceptions;
mod modules;
mod system;
mod threads;

use ::failure::name::Root;
use inputs::{Crash, Kind};

use super::{SCHEMA_VERSION, cut, failure as named, metadata};
use crate::document::Document;
use crate::json::Writer;
use crate::naming::Named;
use crate::options::Options;
use crate::unwound::{self, ExceptionFacts, Images, NamingStacks, Shown, Stacks, ThreadView};

/// All data that the report of an unwound crash is written from.
pub(crate) struct UnwoundReport<'a> {
    crash: &'a Crash,
    options: &'a Options,
    images: &'a Images<'a>,
    stacks: &'a Stacks<'a>,
    threads: Vec<ThreadView<'a>>,
    crashed: Option<usize>,
    last_exception: Vec<Shown<'a>>,
    /// The exceptions that the failure is named by.
    root: Option<Root>,
    exception: ExceptionFacts,
    named: Named,
    /// Hex digits of an address.
    width: usize,
}

impl<'a> UnwoundReport<'a> {
    /// Assemble the parts: the content of each frame, the reason, the name of the failure.
    pub(crate) fn assemble(
        crash: &'a Crash,
        options: &'a Options,
        images: &'a Images<'a>,
        stacks: &'a Stacks<'a>,
    ) -> Self {
        let root = unwound::root(&crash.thrown);
        let (threads, crashed) = unwound::views(crash, stacks, root);
        let last_exception = unwound::last_exception(crash, stacks);
        let exception = ExceptionFacts::of(crash);
        let naming = NamingStacks { threads: &threads, crashed, last_exception: &last_exception };
        let named = unwound::name(crash, options, images, &exception, naming, root);
        let width = 2 * usize::try_from(crash.system.arch.map_or(8, vocabulary::Arch::pointer_size)).unwrap_or(8);
        Self { crash, options, images, stacks, threads, crashed, last_exception, root, exception, named, width }
    }

    /// The JSON: one object on one line.
    pub(crate) fn write(&self) -> Document {
        let frames: usize = self.threads.iter().map(|thread| thread.frames.len()).sum();
        let budget = self.options.budget(0);
        let expected = 8192 + (frames + self.last_exception.len()) * 384 + self.crash.images.len() * 512;
        let mut w = Writer::new(budget, expected);
        let w = &mut w;
        self.stacks.places.omitted().into_iter().for_each(|(what, count)| w.omit(what, count));
        w.begin_object();
        w.key("status");
        let empty = self.threads.is_empty() && self.crash.thrown.is_empty() && self.last_exception.is_empty();
        w.string(if empty { "ERROR_NO_THREAD_LIST" } else { "OK" });
        w.field("schema_version", SCHEMA_VERSION);
        self.input(w);
        w.part(8, |w| self.crash_info(w));
        // An input that is cut off after its header has no failure: a name would put all such inputs into one bucket.
        let of_apple = matches!(self.crash.kind, Some(Kind::Ips | Kind::AppleText | Kind::MetricKit));
        if !of_apple || self.crash.has_failure() {
            w.part(8, |w| named::write(w, &self.named));
        }
        self.system_info(w);
        w.part(8, |w| self.process(w));
        self.threads(w);
        w.most(|w| self.last_exception(w));
        w.most(|w| self.exceptions(w));
        w.part(2, |w| self.termination(w));
        w.part(2, |w| self.application_info(w));
        let order = self.order();
        w.part(2, |w| self.modules(w, &order));
        w.part(8, |w| self.symbols_needed(w, &order));
        w.part(2, |w| metadata::write(w, self.crash));
        w.key("faults");
        w.begin_array();
        cut::with_fault(w, budget, |w| {
            metadata::notes(w, &self.options.notes);
            metadata::notes(w, &self.crash.notes);
        });
        w.end_array();
        w.field("faults_omitted", 0u64);
        cut::truncated(w, budget);
        w.end_object();
        w.document()
    }

    fn input(&self, w: &mut Writer) {
        w.key("input");
        w.begin_object();
        w.field("kind", self.crash.kind.map(inputs::Kind::as_str));
        w.field("name", self.options.name.as_deref());
        w.field("size", self.options.size);
        w.field("time", self.crash.time.as_deref());
        if let Some((index, crashes)) = self.options.one_of {
            w.field("index", index);
            w.field("crashes", crashes);
        }
        w.end_object();
    }
}
