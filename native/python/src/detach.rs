//! Releases the GIL: the only place that does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use pyo3::{PyErr, Python};

use crate::error::Error;

/// Run `work` without holding the GIL, so that other Python threads run meanwhile.
///
/// A panic becomes an error: a bug fails one call and never ends the caller's process, and `except Exception`
/// catches it, unlike PyO3's own `PanicException`.
pub(crate) fn detached<T, F>(py: Python<'_>, work: F) -> Result<T, Error>
where
    F: FnOnce() -> Result<T, Error> + Send,
    T: Send,
{
    py.detach(|| attached(work))
}

/// The same with the GIL, for work of a few microseconds.
pub(crate) fn attached<T, F>(work: F) -> Result<T, Error>
where
    F: FnOnce() -> Result<T, Error>,
{
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Error::Panic(engine::panic_text(panic.as_ref()))))
}

/// How long a signal may wait for its handler.
const SIGNALS: Duration = Duration::from_millis(50);

/// As [`detached`], for work of unknown length: `work` calls its argument now and then and ends when that returns false,
/// which it does after Ctrl-C. The result of `work` is then dropped for the exception of the signal's handler.
pub(crate) fn interruptible<T, F>(py: Python<'_>, work: F) -> Result<T, Error>
where
    F: FnOnce(&mut dyn FnMut() -> bool) -> Result<T, Error> + Send,
    T: Send,
{
    detached(py, || {
        let mut raised: Option<PyErr> = None;
        let mut checked = Instant::now();
        let done = work(&mut || {
            if raised.is_none() && checked.elapsed() >= SIGNALS {
                checked = Instant::now();
                // Handlers run in the main thread only; in others this does nothing.
                raised = Python::attach(|py| py.check_signals()).err();
            }
            raised.is_none()
        });
        match raised {
            Some(error) => Err(Error::Raised(error)),
            None => done,
        }
    })
}
