//! Which inputs are waiting, in work, and done.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::task::{Done, Step, Task};
use crate::input::Source;
use crate::key::ModuleKey;

/// Bytes of reports that are held before further inputs are begun, except for the block that the next output is of.
const MOST_HELD: usize = 64 << 20;

/// What happened.
#[derive(Debug)]
pub enum Event<T> {
    /// Modules whose symbols are needed: resolve them in the session, and call [`super::Run::resolved`]. Each comes once.
    Needs(Vec<ModuleKey>),
    /// The output of the next blocks.
    Output(Vec<T>),
    /// There are few inputs left: add some, or close the run.
    Hungry,
    /// All outputs have been returned, and no more inputs are added.
    End,
    /// Nothing happened for some time.
    Waiting,
}

/// What a worker does next.
pub(super) enum Job {
    Input(Task),
    Block(usize, Vec<Done>),
}

pub(super) struct State<T> {
    /// Inputs of a block.
    block: usize,
    /// How many inputs in the queue are few.
    few: usize,
    queue: VecDeque<Task>,
    /// Inputs whose symbols have been found meanwhile.
    ready: VecDeque<Task>,
    /// Inputs that wait for symbols.
    aside: Vec<Task>,
    /// Modules that have not been returned to the caller, and those that have not been resolved.
    wanted: Vec<ModuleKey>,
    unresolved: HashSet<ModuleKey>,
    /// When each module was resolved last, as the value of `resolutions` then.
    resolved: HashMap<ModuleKey, u64>,
    /// How often modules were resolved.
    resolutions: u64,
    /// The inputs that are done, of blocks with others that are not.
    blocks: BTreeMap<usize, Vec<Done>>,
    /// Blocks whose inputs are all done.
    full: VecDeque<(usize, Vec<Done>)>,
    outputs: BTreeMap<usize, (T, usize)>,
    /// Bytes of documents in blocks and in outputs.
    held: usize,
    /// Bytes of the blocks that workers make outputs of.
    making: BTreeMap<usize, usize>,
    next_output: usize,
    added: usize,
    closed: bool,
    stopped: bool,
    failed: Option<String>,
}

impl<T> State<T> {
    pub(super) fn new(block: usize, few: usize) -> Self {
        Self {
            block,
            few,
            queue: VecDeque::new(),
            ready: VecDeque::new(),
            aside: Vec::new(),
            wanted: Vec::new(),
            unresolved: HashSet::new(),
            resolved: HashMap::new(),
            resolutions: 0,
            blocks: BTreeMap::new(),
            full: VecDeque::new(),
            outputs: BTreeMap::new(),
            held: 0,
            making: BTreeMap::new(),
            next_output: 0,
            added: 0,
            closed: false,
            stopped: false,
            failed: None,
        }
    }

    pub(super) fn add(&mut self, sources: impl IntoIterator<Item = Source>) {
        if self.closed {
            return;
        }
        for source in sources {
            self.queue.push_back(Task::new(self.added, source));
            self.added += 1;
        }
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
        // The last block may have fewer inputs than others.
        self.check_block((self.added.max(1) - 1) / self.block);
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    pub(super) fn failed(&self) -> Option<String> {
        self.failed.clone()
    }

    /// Whether workers have nothing to do any more.
    pub(super) fn is_over(&self) -> bool {
        self.stopped
            || self.failed.is_some()
            || (self.closed && self.next_output + self.outputs.len() >= self.block_count())
    }

    /// The next job of a worker, if there is one now.
    pub(super) fn take(&mut self) -> Option<Job> {
        if let Some((block, inputs)) = self.full.pop_front() {
            return Some(Job::Block(block, inputs));
        }
        let held = self.held >= MOST_HELD;
        let may_begin = |next: &&Task| !held || next.number / self.block <= self.next_output;
        let next = match self.ready.pop_front() {
            Some(task) => Some(task),
            None if self.queue.front().as_ref().is_some_and(may_begin) => self.queue.pop_front(),
            None => None,
        };
        next.map(|mut task| {
            task.began = self.resolutions;
            Job::Input(task)
        })
    }

    /// A worker returns an input.
    pub(super) fn stepped(&mut self, step: Step) {
        match step {
            Step::Done(done) => {
                let block = done.number / self.block;
                self.held += bytes(&done);
                self.blocks.entry(block).or_default().push(done);
                self.check_block(block);
            }
            Step::Needs(task) => {
                for key in &task.needs {
                    let key = key.clone().canonical();
                    // Another input may have needed it, and it may have been resolved while this one was processed.
                    let since = self.resolved.get(&key).is_some_and(|at| *at > task.began);
                    if !since && self.unresolved.insert(key.clone()) {
                        self.wanted.push(key);
                    }
                }
                if self.waits(&task) { self.aside.push(task) } else { self.ready.push_back(task) }
            }
        }
    }

    /// A worker made the output of a block.
    pub(super) fn made(&mut self, block: usize, made: Result<T, String>) {
        let held = self.making.remove(&block).unwrap_or(0);
        match made {
            Ok(output) => {
                self.outputs.insert(block, (output, held));
            }
            Err(why) => self.failed = Some(why),
        }
    }

    pub(super) fn resolved(&mut self, keys: impl IntoIterator<Item = ModuleKey>) {
        self.resolutions += 1;
        for key in keys {
            let key = key.canonical();
            self.unresolved.remove(&key);
            self.resolved.insert(key, self.resolutions);
        }
        let aside = std::mem::take(&mut self.aside);
        let (aside, mut ready): (Vec<_>, Vec<_>) = aside.into_iter().partition(|task| self.waits(task));
        self.aside = aside;
        // The first inputs first, so that outputs are not held for long.
        ready.sort_unstable_by_key(|task| task.number);
        self.ready.extend(ready);
    }

    /// Whether a module that an input needs has not been resolved.
    fn waits(&self, task: &Task) -> bool {
        task.needs.iter().any(|key| self.unresolved.contains(&key.clone().canonical()))
    }

    /// Whether there is an event for the caller, whom it would cost more to wake than a small input takes.
    pub(super) fn has_news(&self) -> bool {
        let hungry = !self.closed && self.queue.len() < self.few;
        hungry || !self.wanted.is_empty() || self.outputs.contains_key(&self.next_output) || self.failed.is_some()
    }

    /// What the caller has to know next.
    pub(super) fn event(&mut self) -> Event<T> {
        if self.failed.is_some() {
            return Event::End;
        }
        if !self.wanted.is_empty() {
            return Event::Needs(std::mem::take(&mut self.wanted));
        }
        if !self.closed && self.queue.len() < self.few {
            return Event::Hungry;
        }
        let mut outputs = Vec::new();
        while let Some((output, held)) = self.outputs.remove(&self.next_output) {
            self.held -= held;
            self.next_output += 1;
            outputs.push(output);
        }
        if !outputs.is_empty() {
            return Event::Output(outputs);
        }
        if self.closed && self.next_output >= self.block_count() { Event::End } else { Event::Waiting }
    }

    fn block_count(&self) -> usize {
        self.added.div_ceil(self.block)
    }

    /// Hand a block to the workers if all its inputs are done.
    fn check_block(&mut self, block: usize) {
        let first = block * self.block;
        let all = if self.closed { self.block.min(self.added.saturating_sub(first)) } else { self.block };
        if self.blocks.get(&block).is_none_or(|done| done.len() < all) {
            return;
        }
        if let Some(mut done) = self.blocks.remove(&block) {
            done.sort_unstable_by_key(|one| one.number);
            self.making.insert(block, done.iter().map(bytes).sum());
            self.full.push_back((block, done));
        }
    }
}

/// Bytes of the documents of an input.
fn bytes(done: &Done) -> usize {
    done.results.iter().flatten().map(Vec::len).sum()
}
