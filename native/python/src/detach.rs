//! Releases the GIL: the only place that does.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::Python;

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
    py.detach(|| {
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|panic| Err(Error::Panic(engine::panic_text(panic.as_ref()))))
    })
}
