//! Blocks that are too large to be read again for each address.
//!
//! Reading the lines of a function, or of its unwind rules, usually takes less time than building a search structure over
//! them. For a few functions of a program this is not so, and a crafted file can put all its bytes into one. Such a block
//! is read once, on demand, and its search structure is cached.

pub(crate) mod block;
pub(crate) mod rules;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A block with more bytes than this is a large one.
pub(crate) const LARGE: usize = 64 << 10;

/// The search structures of large blocks, by the offset of the record that a block belongs to.
pub(crate) struct Large<T> {
    /// Whether there is any. Nearly always there is none, and no look-up has to wait for the lock.
    any: AtomicBool,
    known: Mutex<HashMap<u64, Arc<OnceLock<T>>>>,
}

impl<T> Large<T> {
    /// The search structure of the block of a record, if it is cached or being made.
    #[inline]
    pub(crate) fn get(&self, record: u64) -> Option<Arc<OnceLock<T>>> {
        if self.any.load(Ordering::Acquire) { self.lock().get(&record).cloned() } else { None }
    }

    /// Use what is in the block of a record; `read` reads it on first use.
    pub(crate) fn with<R>(&self, record: u64, read: impl FnOnce() -> T, ask: impl FnOnce(&T) -> R) -> R {
        let once = Arc::clone(self.lock().entry(record).or_default());
        self.any.store(true, Ordering::Release);
        // Outside the lock, so that look-ups in other blocks do not wait.
        ask(once.get_or_init(read))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<OnceLock<T>>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Large<T> {
    fn default() -> Self {
        Self { any: AtomicBool::new(false), known: Mutex::default() }
    }
}

impl<T> fmt::Debug for Large<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Large").field("blocks", &self.lock().len()).finish()
    }
}
