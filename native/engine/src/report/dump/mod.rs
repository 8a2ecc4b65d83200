//! The report of one dump: its parts and their JSON.

mod address_space;
mod crash;
mod crashpad;
mod input;
mod instruction;
mod linux;
mod linux_files;
mod mac;
mod memory;
mod modules;
mod process;
mod system;
mod threads;
mod unloaded;

use std::sync::Arc;

use failure::reason::Reason;
use inputs::Crash;
use minidump::Dump;
use unwind::Stack;
use vocabulary::Os;

use super::{SCHEMA_VERSION, cut, failure as named, metadata};
use crate::document::Document;
use crate::instruction::Analysis;
use crate::json::Writer;
use crate::key::ModuleKey;
use crate::naming::{Findings, Named};
use crate::options::Options;
use crate::process::ModuleMap;
use crate::resolution::Resolution;
use crate::resolve::Places;

/// All data that the report of a dump is written from.
pub(crate) struct DumpReport<'a> {
    dump: &'a Dump<'a>,
    size: usize,
    options: &'a Options,
    keys: &'a [ModuleKey],
    resolutions: &'a [Option<Arc<Resolution>>],
    /// Per module: whether a stack led into it, so that its symbols were needed.
    looked_into: Vec<bool>,
    stacks: &'a [Stack],
    /// Number of walked frames that are left out because there are too many.
    frames_omitted: u64,
    places: Places<'a>,
    crashing: Option<usize>,
    reason: Option<Reason>,
    /// The analysis of the crashing instruction.
    instruction: Analysis,
    named: Named,
    /// The metadata that came with the dump.
    context: Option<&'a Crash>,
    /// Hex digits of an address.
    width: usize,
}

impl<'a> DumpReport<'a> {
    /// Assemble the parts: the reason, the name of the failure. `modules` are keys and symbols of the dump's modules,
    /// in its order; `context` is the metadata that came with the dump.
    pub(crate) fn assemble(
        map: &'a ModuleMap<'_>,
        size: usize,
        options: &'a Options,
        modules: (&'a [ModuleKey], &'a [Option<Arc<Resolution>>]),
        (stacks, frames_omitted): (&'a [Stack], u64),
        places: Places<'a>,
        context: Option<&'a Crash>,
    ) -> Self {
        let dump = map.process.dump;
        let mut looked_into = vec![false; dump.modules.len()];
        for index in map.visited() {
            if let Some(slot) = looked_into.get_mut(index) {
                *slot = true;
            }
        }
        let crashing = dump.crashing_thread();
        let mut reason = crate::crash::reason(dump);
        let instruction = crate::instruction::analyse(dump, reason.as_ref(), crashing);
        if crate::naming::was_sent(dump, reason.as_ref(), &instruction) {
            let sender = dump.exception.as_ref().map_or(0, |exception| exception.address);
            reason = reason.map(|reason| reason.sent(sender));
        }
        let handled = context.is_some_and(|context| context.fatal == Some(false));
        let (judged, analysis) = (reason.as_ref(), &instruction);
        let (keys, resolutions) = modules;
        let findings = Findings { reason: judged, analysis, crashing, stacks, places: &places, keys, handled };
        let mut named = crate::naming::name(dump, options, &findings);
        // Inlined functions are not blamed on Windows.
        if let Some(stack) = crashing.and_then(|thread| stacks.get(thread)).filter(|_| dump.os() != Os::Windows) {
            named.note_unknown_inlines(|frame| map.symbols(stack.frames.get(frame)?.module?));
        }
        let width = dump.arch().map_or(16, |arch| arch.pointer_size() as usize * 2);
        Self {
            dump,
            size,
            options,
            keys,
            resolutions,
            looked_into,
            stacks,
            frames_omitted,
            places,
            crashing,
            reason,
            instruction,
            named,
            context,
            width,
        }
    }

    /// The JSON: one object on one line.
    pub(crate) fn write(&self) -> Document {
        let frames: usize = self.stacks.iter().map(|s| s.frames.len()).sum();
        let budget = self.options.budget(self.size);
        let mut w = Writer::new(budget, 8192 + frames * 384 + self.dump.modules.len() * 512);
        let w = &mut w;
        w.omit("frames", self.frames_omitted);
        self.places.omitted().into_iter().for_each(|(what, count)| w.omit(what, count));
        w.begin_object();
        w.key("status");
        // Breakpad's status of a dump without threads: the rest is reported, but it is not a crash report.
        w.string(if self.dump.threads.is_empty() { "ERROR_NO_THREAD_LIST" } else { "OK" });
        w.field("schema_version", SCHEMA_VERSION);
        w.part(8, |w| self.input(w));
        w.part(8, |w| self.crash_info(w));
        w.part(8, |w| named::write(w, &self.named));
        self.system_info(w);
        w.part(8, |w| self.process(w));
        w.field("thread_count", self.dump.threads.len());
        self.threads(w);
        w.part(2, |w| self.modules(w));
        w.part(8, |w| self.symbols_needed(w));
        w.part(2, |w| self.unloaded_modules(w));
        w.part(2, |w| self.crashpad(w));
        w.part(2, |w| self.linux(w));
        w.part(2, |w| self.linux_files(w));
        w.part(2, |w| self.mac(w));
        self.memory(w);
        w.part(2, |w| self.memory_map(w));
        w.part(2, |w| self.handles(w));
        w.part(2, |w| self.soft_errors(w));
        w.part(2, |w| self.texts(w));
        w.part(2, |w| self.faults(w, budget));
        if let Some(context) = self.context {
            metadata::write(w, context);
        }
        cut::truncated(w, budget);
        w.end_object();
        w.document()
    }
}
