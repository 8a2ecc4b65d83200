//! What is counted over many inputs: `Tally` of `symbolicate.summary.tally`, in JSON.

use std::collections::{BTreeMap, HashMap};

use engine::Document;
use serde::Serialize;

use crate::counted::{Counted, Frames, Needed, text};

/// Inputs that are listed because they took long.
const SLOWEST: usize = 10;
/// Modules that are listed.
const MOST_MODULES: usize = 100_000;
/// Characters of the name of a failure, and of the example of an error.
const LONGEST: usize = 4096;
/// Characters of a day: `2026-11-30`.
const DAY: usize = 10;

/// The counts; the attributes of the class in Python have their meaning.
#[derive(Default, Serialize)]
pub(crate) struct Tally {
    inputs: u64,
    crashes: u64,
    errors: BTreeMap<String, u64>,
    unknown: u64,
    buckets: BTreeMap<String, Bucket>,
    needed: Vec<Module>,
    slowest: Vec<Slow>,
    seconds: f64,
    examples: BTreeMap<String, String>,
    /// Where each module is in `needed`.
    #[serde(skip)]
    modules: HashMap<String, usize>,
}

/// A failure and how often it occurred.
#[derive(Serialize)]
struct Bucket {
    name: String,
    hits: u64,
    days: BTreeMap<String, u64>,
}

/// A module that lacks symbols or unwind rules, in some reports.
#[derive(Default, Serialize)]
struct Module {
    module: String,
    debug_file: String,
    debug_id: String,
    code_id: String,
    reports: u64,
    crashing_frames: u64,
    frames: u64,
    crashing_scanned: u64,
    scanned: u64,
    outcomes: BTreeMap<String, u64>,
    /// The last report that needed it.
    #[serde(skip)]
    last: u64,
}

#[derive(Serialize)]
struct Slow {
    seconds: f64,
    source: String,
}

impl Tally {
    /// Count a report.
    pub(crate) fn report(&mut self, document: &Document) {
        self.crashes += 1;
        let Ok(counted) = Counted::of(document) else {
            // A bug of the engine; but a count is no reason to end a batch.
            self.unknown += 1;
            return;
        };
        for module in counted.needed.iter().flatten() {
            self.module(module);
        }
        let failure = counted.failure.as_ref();
        let (name, hash) = failure.map_or(("", ""), |failure| (text(&failure.name), text(&failure.hash)));
        if name.is_empty() || hash.is_empty() {
            self.unknown += 1;
            return;
        }
        if !self.buckets.contains_key(hash) {
            self.buckets.insert(hash.to_owned(), Bucket { name: clean(name), hits: 0, days: BTreeMap::new() });
        }
        let Some(bucket) = self.buckets.get_mut(hash) else { return };
        bucket.hits += 1;
        let time = text(&counted.time);
        let day = time.char_indices().nth(DAY).map_or(time, |(end, _)| &time[..end]);
        if day.matches('-').count() == 2 {
            count(&mut bucket.days, day);
        }
    }

    /// Count an error; the first of each kind is an example.
    pub(crate) fn error(&mut self, source: &str, kind: &str, message: &str) {
        count(&mut self.errors, kind);
        if !self.examples.contains_key(kind) {
            self.examples.insert(kind.to_owned(), clean(&format!("{source}: {message}")));
        }
    }

    /// Count an input and its time.
    pub(crate) fn input(&mut self, source: &str, seconds: f64) {
        self.inputs += 1;
        self.seconds += seconds;
        let seconds = (seconds * 1e6).round() / 1e6;
        // Those that took longest first; of equals the last name.
        let at = self.slowest.partition_point(|one| (one.seconds, &*one.source) > (seconds, source));
        if at < SLOWEST {
            self.slowest.insert(at, Slow { seconds, source: source.to_owned() });
            self.slowest.truncate(SLOWEST);
        }
    }

    /// The tally in JSON, with the modules in the order of what they cost.
    pub(crate) fn json(mut self) -> Vec<u8> {
        let cost = |one: &Module| {
            let crashing = one.crashing_frames + one.crashing_scanned;
            (one.reports, crashing, one.frames + one.scanned)
        };
        self.needed.sort_by(|one, other| {
            let names = || (&one.module, &one.debug_id).cmp(&(&other.module, &other.debug_id));
            cost(other).cmp(&cost(one)).then_with(names)
        });
        self.needed.truncate(MOST_MODULES);
        // Numbers and texts with plain keys: it cannot fail.
        serde_json::to_vec(&self).unwrap_or_default()
    }

    fn module(&mut self, needed: &Needed<'_>) {
        let [module, debug_file] = [&needed.module, &needed.debug_file].map(text);
        let [debug_id, code_id, outcome] = [&needed.debug_id, &needed.code_id, &needed.outcome].map(text);
        // The same build, whatever it is called. Without an id, only the name is there.
        let named;
        let key = match (debug_id, code_id) {
            ("", "") => {
                named = format!("name {module}");
                &*named
            }
            ("", id) | (id, _) => id,
        };
        let at = self.modules.get(key).copied().unwrap_or_else(|| {
            let [module, debug_file, debug_id, code_id] = [module, debug_file, debug_id, code_id].map(str::to_owned);
            self.needed.push(Module { module, debug_file, debug_id, code_id, ..Module::default() });
            self.modules.insert(key.to_owned(), self.needed.len() - 1);
            self.needed.len() - 1
        });
        let Some(found) = self.needed.get_mut(at) else { return };
        if found.last != self.crashes {
            found.last = self.crashes;
            found.reports += 1;
            count(&mut found.outcomes, if outcome.is_empty() { "missing" } else { outcome });
        }
        let add = |frames: Option<Frames>, crashing: &mut u64, all: &mut u64| {
            let frames = frames.unwrap_or_default();
            *crashing = crashing.saturating_add(frames.crashing_thread.unwrap_or(0));
            *all = all.saturating_add(frames.all_threads.unwrap_or(0));
        };
        add(needed.unnamed_frames, &mut found.crashing_frames, &mut found.frames);
        add(needed.scanned_frames, &mut found.crashing_scanned, &mut found.scanned);
    }
}

fn count(counts: &mut BTreeMap<String, u64>, key: &str) {
    match counts.get_mut(key) {
        Some(count) => *count += 1,
        None => {
            counts.insert(key.to_owned(), 1);
        }
    }
}

/// A text as a database takes it: shortened, and without NUL.
fn clean(text: &str) -> String {
    text.chars().take(LONGEST).map(|one| if one == '\0' { char::REPLACEMENT_CHARACTER } else { one }).collect()
}
