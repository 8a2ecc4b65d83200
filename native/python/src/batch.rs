//! Many crashes at once, on workers of our own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use engine::{Options, Outcome};

use crate::container::Opened;
use crate::error::Error;

/// Bytes of reports after which a batch begins no further crash.
const HELD_BYTES: usize = 8 << 20;

/// The crashes of a batch, and how far it is.
struct Queue<'a> {
    next: AtomicUsize,
    held: AtomicUsize,
    crashes: &'a [(Arc<Opened>, usize)],
    session: &'a engine::Session,
    options: &'a Options,
}

impl Queue<'_> {
    /// Process crashes until none is left or enough is held: their indexes and answers.
    fn work(&self) -> Vec<(usize, Result<Outcome, Error>)> {
        let mut answers = Vec::new();
        while self.held.load(Ordering::Relaxed) <= HELD_BYTES {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((opened, crash)) = self.crashes.get(index) else { break };
            let answer = opened.process(*crash, self.session, self.options);
            if let Ok(Outcome::Report(json)) = &answer {
                self.held.fetch_add(json.len(), Ordering::Relaxed);
            }
            answers.push((index, answer));
        }
        answers
    }
}

/// Worker threads, kept from one batch to the next of the same width.
#[derive(Default)]
pub(crate) struct Workers {
    kept: Mutex<Option<(usize, Arc<rayon::ThreadPool>)>>,
}

impl Workers {
    /// Process crashes in their order. The answers are those of the first ones, of at least one: no further crash is begun
    /// once the reports have [`HELD_BYTES`], so that a batch holds no more of them than its caller can take.
    pub(crate) fn process(
        &self,
        session: &engine::Session,
        crashes: &[(Arc<Opened>, usize)],
        options: &Options,
        jobs: usize,
    ) -> Result<Vec<Result<Outcome, Error>>, Error> {
        let queue = Queue { next: AtomicUsize::new(0), held: AtomicUsize::new(0), crashes, session, options };
        if jobs == 1 || crashes.len() <= 1 {
            return Ok(queue.work().into_iter().map(|(_, answer)| answer).collect());
        }
        let pool = self.pool(jobs)?;
        // Crashes differ widely in cost: they are handed out one by one.
        let mut answers: Vec<_> = pool.broadcast(|_| queue.work()).into_iter().flatten().collect();
        answers.sort_unstable_by_key(|&(index, _)| index);
        Ok(answers.into_iter().map(|(_, answer)| answer).collect())
    }

    fn pool(&self, jobs: usize) -> Result<Arc<rayon::ThreadPool>, Error> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((width, pool)) = kept.as_ref()
            && *width == jobs
        {
            return Ok(Arc::clone(pool));
        }
        let builder = rayon::ThreadPoolBuilder::new().num_threads(jobs).thread_name(|i| format!("symbolicate-{i}"));
        let pool = builder.build().map_err(|e| Error::Argument(format!("cannot start {jobs} worker threads: {e}")))?;
        let pool = Arc::new(pool);
        *kept = Some((jobs, Arc::clone(&pool)));
        Ok(pool)
    }
}
