//! Many dumps at once, on workers of our own.

use std::sync::{Arc, Mutex, PoisonError};

use engine::{Options, Outcome};
use rayon::prelude::*;

use crate::error::Error;
use crate::input::Input;

/// Process one dump.
pub(crate) fn process(session: &engine::Session, input: &Input, options: &Options) -> Result<Outcome, Error> {
    let bytes = input.bytes()?;
    let options = Options { name: Some(input.name()), ..options.clone() };
    session.process(&bytes, &options).map_err(|source| Error::Engine { input: input.name(), source })
}

/// Worker threads, kept from one batch to the next of the same width.
#[derive(Default)]
pub(crate) struct Workers {
    kept: Mutex<Option<(usize, Arc<rayon::ThreadPool>)>>,
}

impl Workers {
    /// Process dumps, each answer in its input's place. A file is read when its turn comes, so that a batch holds no more
    /// dumps in memory than it has workers.
    pub(crate) fn process(
        &self,
        session: &engine::Session,
        inputs: &[Input],
        options: &Options,
        jobs: usize,
    ) -> Result<Vec<Result<Outcome, Error>>, Error> {
        if jobs == 1 || inputs.len() <= 1 {
            return Ok(inputs.iter().map(|input| process(session, input, options)).collect());
        }
        let pool = self.pool(jobs)?;
        // Dumps differ widely in cost: they are handed out one by one.
        Ok(pool.install(|| inputs.par_iter().with_max_len(1).map(|input| process(session, input, options)).collect()))
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
