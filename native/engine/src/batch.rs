//! Many crashes at once, on worker threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::input::{Input, InputError};
use crate::options::Options;
use crate::session::{Error, Outcome, Session};

/// Bytes of reports after which a batch begins no further crash.
const HELD_BYTES: usize = 8 << 20;

/// The crashes of a batch, and how far it is.
struct Queue<'a> {
    next: AtomicUsize,
    held: AtomicUsize,
    crashes: &'a [(Arc<Input>, usize)],
    session: &'a Session,
    options: &'a Options,
}

impl Queue<'_> {
    /// Process crashes until none is left or enough is held: their indexes and results.
    fn work(&self) -> Vec<(usize, Result<Outcome, InputError>)> {
        let mut results = Vec::new();
        while self.held.load(Ordering::Relaxed) <= HELD_BYTES {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((input, crash)) = self.crashes.get(index) else { break };
            let result = input.process(*crash, self.session, self.options);
            if let Ok(Outcome::Report(json)) = &result {
                self.held.fetch_add(json.len(), Ordering::Relaxed);
            }
            results.push((index, result));
        }
        results
    }
}

/// Worker threads, reused by the next batch of the same width.
#[derive(Default)]
pub struct Workers {
    kept: Mutex<Option<(usize, Arc<rayon::ThreadPool>)>>,
}

impl Workers {
    /// Process crashes, each an input and the index of one of its crashes, on `jobs` threads. The results are those of the
    /// first crashes, of at least one, in order: no further crash is begun once the reports have [`HELD_BYTES`], so that a
    /// batch holds no more of them than its caller can take.
    ///
    /// # Errors
    /// The threads cannot be started ([`Error::Workers`]). What goes wrong with a crash is its own result.
    pub fn process(
        &self,
        session: &Session,
        crashes: &[(Arc<Input>, usize)],
        options: &Options,
        jobs: usize,
    ) -> Result<Vec<Result<Outcome, InputError>>, Error> {
        let queue = Queue { next: AtomicUsize::new(0), held: AtomicUsize::new(0), crashes, session, options };
        if jobs == 1 || crashes.len() <= 1 {
            return Ok(queue.work().into_iter().map(|(_, result)| result).collect());
        }
        let pool = self.pool(jobs)?;
        // Crashes differ widely in cost: they are handed out one by one.
        let mut results: Vec<_> = pool.broadcast(|_| queue.work()).into_iter().flatten().collect();
        results.sort_unstable_by_key(|&(index, _)| index);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    fn pool(&self, jobs: usize) -> Result<Arc<rayon::ThreadPool>, Error> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((width, pool)) = kept.as_ref()
            && *width == jobs
        {
            return Ok(Arc::clone(pool));
        }
        let builder = rayon::ThreadPoolBuilder::new().num_threads(jobs).thread_name(|i| format!("symbolicate-{i}"));
        let pool = builder.build().map_err(|e| Error::Workers(format!("cannot start {jobs} worker threads: {e}")))?;
        let pool = Arc::new(pool);
        *kept = Some((jobs, Arc::clone(&pool)));
        Ok(pool)
    }
}
