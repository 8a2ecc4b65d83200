//! The processing pipeline for one crash, and the symbols that are shared by all crashes.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use inputs::{Crash, Note};
use minidump::{Bytes, Dump};
use unwind::SymbolSlot;
use vocabulary::path::leaf;

use crate::document::Document;
use crate::hash::Seeded;
use crate::key::ModuleKey;
use crate::options::Options;
use crate::panic_text::panic_text;
use crate::process::{DumpedProcess, ModuleMap};
use crate::report::{DumpReport, UnwoundReport};
use crate::resolution::Resolution;
use crate::resolve::Places;
use crate::rules::{self, Rules};
use crate::stacks;
use crate::unwound::{Images, Stacks};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input is not a minidump.
    #[error(transparent)]
    Dump(#[from] minidump::Error),
    /// A bug of this program: please report it with the input.
    #[error("internal error: {0}")]
    Internal(String),
    /// The threads for a batch could not be started.
    #[error("{0}")]
    Workers(String),
}

/// The result of processing a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The report.
    Report(Document),
    /// Modules whose symbols are needed, or symbols for more of their addresses: see [`Session::take_lacking`]. Resolve them
    /// all and process again; further ones may be needed then, because a better walk reaches further.
    Needs(Vec<ModuleKey>),
}

/// How long the stages of processing took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// Reading the dump.
    pub parse: Duration,
    /// Finding symbols in the session and walking the stacks.
    pub walk: Duration,
    /// Functions and lines of the frames, reason and name of the failure.
    pub assemble: Duration,
    /// Writing JSON.
    pub write: Duration,
}

impl Stages {
    /// All stages together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.parse + self.walk + self.assemble + self.write
    }
}

/// The result for a module, and the same for walks, which keeps the unwind rules that earlier walks compiled.
struct Resolved {
    resolution: Arc<Resolution>,
    slot: SymbolSlot<Rules>,
}

/// Symbols by module, shared by all dumps and all threads.
#[derive(Default)]
pub struct Session {
    symbols: RwLock<HashMap<ModuleKey, Resolved, Seeded>>,
    lacking: Mutex<HashMap<ModuleKey, BTreeSet<u64>>>,
}

impl Session {
    /// A session without symbols.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Record the result of the search for a module's symbols. It replaces an earlier one.
    pub fn resolve(&self, key: ModuleKey, resolution: Resolution) {
        let resolved = Resolved { slot: rules::slot(&resolution), resolution: Arc::new(resolution) };
        let mut symbols = self.symbols.write().unwrap_or_else(PoisonError::into_inner);
        symbols.insert(key.canonical(), resolved);
    }

    /// The addresses of a module that crashes needed since the last call and that its symbols, a part of a file
    /// ([`SymbolMap::of_part`](symbols::SymbolMap::of_part)), do not answer for. They are relative to its base, sorted.
    #[must_use]
    pub fn take_lacking(&self, key: &ModuleKey) -> Vec<u64> {
        let mut lacking = self.lacking.lock().unwrap_or_else(PoisonError::into_inner);
        lacking.remove(key).map(|addresses| addresses.into_iter().collect()).unwrap_or_default()
    }

    /// Note addresses that the loaded parts of symbols do not answer for; returns their modules.
    fn note_lacking(&self, addresses: impl Iterator<Item = (ModuleKey, u64)>) -> BTreeSet<ModuleKey> {
        let mut keys = BTreeSet::new();
        let mut lacking = self.lacking.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, address) in addresses {
            if !keys.contains(&key) {
                keys.insert(key.clone());
            }
            lacking.entry(key).or_default().insert(address);
        }
        keys
    }

    /// Remove a module; its memory is freed when the last crash that uses it is done.
    pub fn forget(&self, key: &ModuleKey) {
        self.symbols.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Number of resolved modules, with symbols or without.
    #[must_use]
    pub fn len(&self) -> usize {
        self.symbols.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether no module is resolved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The report of a dump, or the modules that are needed for one.
    ///
    /// # Errors
    /// The input is not a minidump ([`Error::Dump`]). Lesser problems are in the report.
    pub fn process<'d>(&self, dump: impl Into<Bytes<'d>>, options: &Options) -> Result<Outcome, Error> {
        self.process_measured(dump, options).map(|(outcome, _)| outcome)
    }

    /// As [`Session::process`], with the time each stage took.
    ///
    /// # Errors
    /// As [`Session::process`].
    pub fn process_measured<'d>(
        &self,
        dump: impl Into<Bytes<'d>>,
        options: &Options,
    ) -> Result<(Outcome, Stages), Error> {
        let dump = dump.into();
        guarded(|| self.run(dump, None, options))
    }

    /// As [`Session::process`], for a dump with metadata, which is included in the report.
    ///
    /// # Errors
    /// A bug of this program ([`Error::Internal`]). An unreadable dump is noted in the report.
    pub fn process_with_context(&self, dump: &[u8], context: &Crash, options: &Options) -> Result<Outcome, Error> {
        match guarded(|| self.run(dump.into(), Some(context), options)) {
            Ok((outcome, _)) => Ok(outcome),
            // The metadata of an unreadable dump is reported without it.
            Err(Error::Dump(error)) => {
                let mut crash = context.clone();
                crash.notes.push(Note { place: "minidump".to_owned(), message: error.to_string() });
                self.process_unwound(&crash, options)
            }
            Err(error) => Err(error),
        }
    }

    /// The report of a crash without a dump, or the modules that are needed for one.
    ///
    /// # Errors
    /// A bug of this program ([`Error::Internal`]).
    pub fn process_unwound(&self, crash: &Crash, options: &Options) -> Result<Outcome, Error> {
        guarded(|| Ok(self.run_unwound(crash, options)))
    }

    fn run(&self, bytes: Bytes<'_>, context: Option<&Crash>, options: &Options) -> Result<(Outcome, Stages), Error> {
        let mut clock = Clock(Instant::now());
        let mut stages = Stages::default();
        let dump = Dump::parse(bytes)?;
        stages.parse = clock.lap();

        let keys: Vec<ModuleKey> = dump.modules.iter().map(module_key).collect();
        let (resolutions, slots) = self.look_up(&keys);
        let process = DumpedProcess { dump: &dump };
        let map = ModuleMap::new(&process, slots);
        let crashing = dump.crashing_thread();
        let (mut stacks, frames_omitted) = stacks::walk_all(&map, crashing, options, bytes.len());
        unwind::cut_at_common_root(&mut stacks);
        stages.walk = clock.lap();

        let bases: Vec<u64> = dump.modules.iter().map(|m| m.base).collect();
        let places = Places::of(&map, &bases, &stacks);
        let lacking = map.lacking();
        let mut needs = self.note_lacking(lacking.into_iter().filter_map(|(i, rva)| Some((keys.get(i)?.clone(), rva))));
        needs.extend(map.unresolved().filter_map(|i| keys.get(i).cloned()));
        if !needs.is_empty() {
            stages.assemble = clock.lap();
            return Ok((Outcome::Needs(needs.into_iter().collect()), stages));
        }
        let (modules, stacks) = ((&*keys, &*resolutions), (&*stacks, frames_omitted));
        let report = DumpReport::assemble(&map, bytes.len(), options, modules, stacks, places, context);
        stages.assemble = clock.lap();
        let json = report.write();
        stages.write = clock.lap();
        Ok((Outcome::Report(json), stages))
    }

    fn run_unwound(&self, crash: &Crash, options: &Options) -> Outcome {
        let find = |key: &ModuleKey| self.known(key);
        let images = Images::new(crash, &find);
        let stacks = Stacks::of(crash, &images);
        let mut needs = self.note_lacking(images.lacking().into_iter());
        needs.extend(images.needs());
        if !needs.is_empty() {
            return Outcome::Needs(needs.into_iter().collect());
        }
        Outcome::Report(UnwoundReport::assemble(crash, options, &images, &stacks).write())
    }

    /// The result for a key in canonical form; `None` if the module has not been resolved.
    fn known(&self, key: &ModuleKey) -> Option<Arc<Resolution>> {
        self.symbols.read().unwrap_or_else(PoisonError::into_inner).get(key).map(|known| Arc::clone(&known.resolution))
    }

    fn look_up(&self, keys: &[ModuleKey]) -> (Vec<Option<Arc<Resolution>>>, Vec<SymbolSlot<Rules>>) {
        let symbols = self.symbols.read().unwrap_or_else(PoisonError::into_inner);
        let known = keys.iter().map(|key| match symbols.get(key).filter(|_| key.is_identified()) {
            Some(Resolved { resolution, slot }) => (Some(Arc::clone(resolution)), slot.clone()),
            None if key.is_identified() => (None, SymbolSlot::Unresolved),
            None => (None, SymbolSlot::Missing),
        });
        known.unzip()
    }
}

/// The key of a dump's module.
fn module_key(module: &minidump::Module) -> ModuleKey {
    ModuleKey {
        debug_file: leaf(module.debug_file.as_deref().unwrap_or_default()).to_owned(),
        // An id is written in its canonical spelling.
        debug_id: module.debug_id.filter(|id| !id.is_nil()).map(|id| id.to_string()).unwrap_or_default(),
        code_file: leaf(&module.name).to_owned(),
        code_id: module.code_id.as_deref().unwrap_or_default().to_ascii_lowercase(),
    }
}

/// Inputs are untrusted and parsers have bugs: a panic must cost one crash, not the batch.
fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Error::Internal(panic_text(panic.as_ref()))))
}

struct Clock(Instant);

impl Clock {
    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        let lap = now - self.0;
        self.0 = now;
        lap
    }
}

/// Sessions are shared between threads; this does not compile if one cannot be.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Session>();
};
