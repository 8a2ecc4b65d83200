//! The one place where a call lets go of the interpreter.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::Python;

use crate::error::Error;

/// Work without holding the interpreter, so that other Python threads run meanwhile.
///
/// A panic comes back as an error: a fault of ours may cost a call, never the caller's process, and it is
/// to be caught by `except Exception`, which PyO3's own `PanicException` is not.
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
