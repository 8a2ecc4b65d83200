//! Many crashes at once, on workers of our own.

use std::sync::{Arc, Mutex, PoisonError};

use engine::{Options, Outcome};
use rayon::prelude::*;

use crate::container::Opened;
use crate::error::Error;

/// Worker threads, kept from one batch to the next of the same width.
#[derive(Default)]
pub(crate) struct Workers {
    kept: Mutex<Option<(usize, Arc<rayon::ThreadPool>)>>,
}

impl Workers {
    /// Process crashes, each answer in its crash's place.
    pub(crate) fn process(
        &self,
        session: &engine::Session,
        crashes: &[(Arc<Opened>, usize)],
        options: &Options,
        jobs: usize,
    ) -> Result<Vec<Result<Outcome, Error>>, Error> {
        let process = |(opened, index): &(Arc<Opened>, usize)| opened.process(*index, session, options);
        if jobs == 1 || crashes.len() <= 1 {
            return Ok(crashes.iter().map(process).collect());
        }
        let pool = self.pool(jobs)?;
        // Crashes differ widely in cost: they are handed out one by one.
        Ok(pool.install(|| crashes.par_iter().with_max_len(1).map(process).collect()))
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
