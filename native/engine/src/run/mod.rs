//! Any number of inputs, processed by worker threads while the caller finds symbols.
//!
//! The caller adds inputs and asks for the next [`Event`]: modules whose symbols are needed, or output. Workers take the next
//! input as soon as they are free: an input that waits for symbols is put aside, and no input waits for a batch to end.
//! Consecutive inputs form blocks; a worker makes the output of each block, and outputs come in the order of the inputs.

mod state;
mod task;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use state::{Job, State};
use task::Task;

pub use state::Event;
pub use task::Done;

use crate::input::Source;
use crate::key::ModuleKey;
use crate::options::Options;
use crate::panic_text::panic_text;
use crate::session::{Error, Session};

/// Makes the output of a block.
type Output<T> = dyn Fn(Vec<Done>) -> T + Send + Sync;

/// Inputs that are processed, and their output.
pub struct Run<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    session: Arc<Session>,
    options: Options,
    output: Box<Output<T>>,
    state: Mutex<State<T>>,
    /// There is work, or no more of it.
    work: Condvar,
    /// There is an event.
    news: Condvar,
}

impl<T: Send + 'static> Run<T> {
    /// Start `jobs` worker threads. `output` makes the output of each block of `block` inputs, on a worker.
    ///
    /// # Errors
    /// The threads cannot be started.
    pub fn start(
        session: Arc<Session>,
        options: Options,
        jobs: usize,
        block: usize,
        output: impl Fn(Vec<Done>) -> T + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let state = Mutex::new(State::new(block.max(1), jobs.saturating_mul(2)));
        let output = Box::new(output);
        let shared = Arc::new(Shared { session, options, output, state, work: Condvar::new(), news: Condvar::new() });
        let run = Self { shared };
        for i in 0..jobs {
            let shared = Arc::clone(&run.shared);
            let started = thread::Builder::new().name(format!("symbolicate-{i}")).spawn(move || shared.work());
            // Some are enough.
            if let (0, Err(error)) = (i, started) {
                return Err(Error::Workers(format!("cannot start a worker thread: {error}")));
            }
        }
        Ok(run)
    }

    /// Add inputs behind those that were added before.
    pub fn add(&self, sources: impl IntoIterator<Item = Source>) {
        self.shared.lock().add(sources);
        self.shared.work.notify_all();
    }

    /// No more inputs are added.
    pub fn close(&self) {
        self.shared.lock().close();
        self.shared.work.notify_all();
    }

    /// These modules were resolved in the session.
    pub fn resolved(&self, keys: impl IntoIterator<Item = ModuleKey>) {
        self.shared.lock().resolved(keys);
        self.shared.work.notify_all();
    }

    /// The next event, or [`Event::Waiting`] after some time.
    ///
    /// # Errors
    /// The output of a block could not be made: a bug of this program.
    pub fn next(&self, most: Duration) -> Result<Event<T>, Error> {
        let ends = Instant::now() + most;
        let mut state = self.shared.lock();
        loop {
            match state.event() {
                Event::Waiting => {}
                Event::Output(outputs) => {
                    // Workers may have waited until less is held.
                    self.shared.work.notify_all();
                    return Ok(Event::Output(outputs));
                }
                event => return if let Some(why) = state.failed() { Err(Error::Internal(why)) } else { Ok(event) },
            }
            let left = ends.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Event::Waiting);
            }
            let waited = self.shared.news.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl<T> Drop for Run<T> {
    /// Workers end after their input; nobody waits for them.
    fn drop(&mut self) {
        self.shared.lock().stop();
        self.shared.work.notify_all();
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Do jobs until there are no more.
    fn work(&self) {
        let mut state = self.lock();
        while !state.is_over() {
            let Some(job) = state.take() else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            match job {
                Job::Input(task) => {
                    let step = Task::step(task, &self.session, &self.options);
                    state = self.lock();
                    state.stepped(step);
                }
                Job::Block(block, inputs) => {
                    let made = catch_unwind(AssertUnwindSafe(|| (self.output)(inputs)));
                    state = self.lock();
                    state.made(block, made.map_err(|panic| panic_text(panic.as_ref())));
                }
            }
            if state.has_news() {
                self.news.notify_all();
            }
            // Another worker may wait for a block to be made, or for less to be held.
            self.work.notify_all();
        }
    }
}
