//! The report of one dump: its parts brought together, and their JSON.
//!
//! Keys and value styles are those of rust-minidump's published schema, so that its readers work
//! unchanged; keys of our own stand beside them. As there, an absent value is `null` under its key.

mod crash;
mod crashpad;
mod failure;
mod input;
mod instruction;
mod linux;
mod mac;
mod memory;
mod modules;
mod process;
mod system;
mod threads;
mod unloaded;

use std::sync::Arc;

use ::failure::name::Failure;
use ::failure::reason::Reason;
use minidump::Dump;
use unwind::{ModuleMap, Stack};

use crate::instruction::Analysis;
use crate::json::Writer;
use crate::key::{ModuleKey, Supply};
use crate::options::Options;
use crate::resolve::Places;

/// The version of the JSON: it grows when a key changes its meaning or goes away.
const SCHEMA_VERSION: u64 = 1;

/// Everything a report is written from.
pub(crate) struct Report<'a> {
    dump: &'a Dump<'a>,
    size: usize,
    options: &'a Options,
    keys: &'a [ModuleKey],
    supplies: &'a [Option<Arc<Supply>>],
    /// Per module: whether a stack led into it, so that symbols were wanted.
    looked_into: Vec<bool>,
    stacks: &'a [Stack],
    places: Places<'a>,
    crashing: Option<usize>,
    reason: Option<Reason>,
    /// What the crashing instruction says.
    instruction: Analysis,
    failure: Failure,
    /// For each frame that naming counted, the index of its physical frame.
    physical: Vec<usize>,
    /// What else naming saw.
    seen: crate::facts::Seen,
    /// Hex digits of an address.
    width: usize,
}

impl<'a> Report<'a> {
    /// Bring the parts together: the reason, the name of the failure. `modules` are keys and symbols of the
    /// dump's modules, in its order.
    pub(crate) fn assemble(
        map: &'a ModuleMap<'a>,
        size: usize,
        options: &'a Options,
        modules: (&'a [ModuleKey], &'a [Option<Arc<Supply>>]),
        stacks: &'a [Stack],
        places: Places<'a>,
    ) -> Self {
        let dump = map.dump;
        let mut looked_into = vec![false; dump.modules.len()];
        for index in map.looked_into() {
            if let Some(slot) = looked_into.get_mut(index) {
                *slot = true;
            }
        }
        let crashing = dump.crashing_thread();
        let reason = crate::crash::reason(dump);
        let instruction = crate::instruction::analyse(dump, reason.as_ref(), crashing);
        let known = (reason.as_ref(), &instruction);
        let (failure, physical, seen) = crate::facts::name(dump, options, known, crashing, stacks, &places);
        let width = dump.arch().map_or(16, |arch| arch.pointer_size() as usize * 2);
        let (keys, supplies) = modules;
        Self {
            dump,
            size,
            options,
            keys,
            supplies,
            looked_into,
            stacks,
            places,
            crashing,
            reason,
            instruction,
            failure,
            physical,
            seen,
            width,
        }
    }

    /// The JSON: one object on one line.
    pub(crate) fn write(&self) -> Vec<u8> {
        let frames: usize = self.stacks.iter().map(|s| s.frames.len()).sum();
        let mut w = Writer::with_capacity(8192 + frames * 384 + self.dump.modules.len() * 512);
        let w = &mut w;
        w.begin_object();
        w.key("status");
        // Breakpad's word for a dump whose threads are all lost: what is left of it is told, but it is no crash report.
        w.string(if self.dump.threads.is_empty() { "ERROR_NO_THREAD_LIST" } else { "OK" });
        w.key("schema_version");
        w.number(SCHEMA_VERSION);
        self.input(w);
        self.crash_info(w);
        self.failure(w);
        self.system_info(w);
        self.process(w);
        w.key("thread_count");
        w.number(self.dump.threads.len() as u64);
        self.threads(w);
        self.modules(w);
        self.unloaded_modules(w);
        self.crashpad(w);
        self.linux(w);
        self.mac(w);
        self.memory(w);
        self.handles(w);
        self.soft_errors(w);
        self.texts(w);
        self.faults(w);
        w.end_object();
        std::mem::take(w).into_bytes()
    }
}
