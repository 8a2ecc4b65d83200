//! Until when a file may be read.

use std::time::{Duration, Instant};

use crate::Error;

/// Until when a file may be read; by default without end.
///
/// Whoever reads parts one after the other calls [`check`](Self::check) between them and after the last. A loop within a part
/// only stops when [`is_over`](Self::is_over): what it has read is discarded by that check, since what is over stays so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// So much time from now. A time that cannot be represented never comes.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// Whether the time is over.
    #[must_use]
    #[inline]
    pub fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }

    /// [`Error::TimeIsOver`] if it is.
    pub(crate) fn check(self) -> Result<(), Error> {
        if self.is_over() { Err(Error::TimeIsOver) } else { Ok(()) }
    }

    /// For loops whose steps take some nanoseconds.
    pub(crate) const fn watch(self) -> Watch {
        Watch { deadline: self, left: STEPS }
    }
}

/// Steps of a loop between two looks at the clock: some ten microseconds.
const STEPS: u32 = 1024;

/// Looks at the clock now and then.
#[derive(Debug)]
pub(crate) struct Watch {
    deadline: Deadline,
    left: u32,
}

impl Watch {
    /// Count a step; whether the time was over when the clock was looked at.
    #[inline(always)]
    pub(crate) fn is_over(&mut self) -> bool {
        self.left -= 1;
        self.left == 0 && self.look()
    }

    #[cold]
    fn look(&mut self) -> bool {
        self.left = STEPS;
        self.deadline.is_over()
    }
}
