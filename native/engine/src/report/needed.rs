//! `symbols_needed`: which modules lack symbols or unwind rules, and how many frames each costs.

use std::cmp::Reverse;

use unwind::Stack;
use vocabulary::Trust;

use crate::json::Writer;
use crate::key::ModuleKey;
use crate::resolution::Resolution;

/// How many modules are listed: those that would help most.
const LISTED: usize = 256;

/// Frames that a module costs, in the thread that crashed and in all threads.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Lost {
    crashing: u64,
    all: u64,
}

impl Lost {
    fn add(&mut self, crashing: bool) {
        self.crashing += u64::from(crashing);
        self.all += 1;
    }
}

/// What one module costs.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Cost {
    /// Frames in it without a name, since it has no symbols.
    unnamed: Lost,
    /// Frames whose callee is in it, and which were found by a search of the stack, since it has no unwind rules.
    scanned: Lost,
}

/// What a module has, as far as a frame led into it.
#[derive(Clone, Copy, Default)]
struct Has {
    symbols: bool,
    rules: bool,
}

/// Counts the frames that each module costs.
pub(super) struct Tally {
    has: Vec<Has>,
    costs: Vec<Cost>,
}

impl Tally {
    /// Of these modules, by the results of the searches for their symbols.
    pub(super) fn of<'r>(modules: impl Iterator<Item = Option<&'r Resolution>>) -> Self {
        let has = |found: Option<&Resolution>| {
            let Some(found) = found else { return Has::default() };
            let counts = found.symbols().map(|symbols| symbols.counts());
            let in_symbols = counts.is_some_and(|counts| counts.cfi_inits + counts.wins > 0);
            Has { symbols: counts.is_some(), rules: in_symbols || !found.unwind().is_empty() }
        };
        let has: Vec<Has> = modules.map(has).collect();
        Self { costs: vec![Cost::default(); has.len()], has }
    }

    /// A frame, by the index of its module and whether it has a name.
    pub(super) fn frame(&mut self, module: Option<usize>, is_named: bool, crashing: bool) {
        let Some(module) = module.filter(|_| !is_named) else { return };
        let lacks = self.has.get(module).is_some_and(|has| !has.symbols);
        if let Some(cost) = self.costs.get_mut(module).filter(|_| lacks) {
            cost.unnamed.add(crashing);
        }
    }

    /// The frames of a walked stack that were found by a search, because of the module of their callee.
    pub(super) fn scans(&mut self, stack: &Stack, crashing: bool) {
        for pair in stack.frames.windows(2) {
            let [callee, caller] = pair else { continue };
            let Some(module) = callee.module.filter(|_| matches!(caller.trust, Trust::Scan | Trust::CfiScan)) else {
                continue;
            };
            let lacks = self.has.get(module).is_some_and(|has| !has.rules);
            if let Some(cost) = self.costs.get_mut(module).filter(|_| lacks) {
                cost.scanned.add(crashing);
            }
        }
    }

    /// The modules that cost frames, by their indices: first those that cost most of the thread that crashed.
    fn costly(self) -> Vec<(usize, Cost)> {
        let mut costly: Vec<_> =
            self.costs.into_iter().enumerate().filter(|(_, cost)| *cost != Cost::default()).collect();
        costly.sort_by_key(|(index, Cost { unnamed, scanned })| {
            (Reverse(unnamed.crashing + scanned.crashing), Reverse(unnamed.all + scanned.all), *index)
        });
        costly
    }

    /// Write the list. `module` gives a module by its index.
    pub(super) fn write<'m>(self, w: &mut Writer, module: impl Fn(usize) -> Option<Module<'m>>) {
        w.key("symbols_needed");
        let costly = self.costly();
        let listed = costly.iter().filter_map(|(index, cost)| Some((module(*index)?, cost)));
        w.list_up_to("symbols_needed", LISTED, listed, |w, (module, cost)| {
            w.begin_object();
            w.field("module_index", module.listed);
            w.field("module", &module.key.code_file);
            w.field("debug_file", &module.key.debug_file);
            w.field("debug_id", Some(module.key.debug_id.as_str()).filter(|id| !id.is_empty()));
            w.field("code_id", Some(module.key.code_id.as_str()).filter(|id| !id.is_empty()));
            w.field("outcome", module.resolution.map(|found| found.outcome().name()));
            for (key, lost) in [("unnamed_frames", cost.unnamed), ("scanned_frames", cost.scanned)] {
                w.key(key);
                w.begin_object();
                w.field("crashing_thread", lost.crashing);
                w.field("all_threads", lost.all);
                w.end_object();
            }
            w.end_object();
        });
    }
}

/// A module of the list.
pub(super) struct Module<'a> {
    /// Its index in the report's `modules`.
    pub(super) listed: usize,
    /// Its names and ids.
    pub(super) key: &'a ModuleKey,
    pub(super) resolution: Option<&'a Resolution>,
}
