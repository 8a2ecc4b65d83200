//! Names that are composed of parts, and their budget.

use crate::limits::{self, Budget};

/// The budget for the names of a unit, and the count of those that exceed a limit.
pub(super) struct Made {
    /// Bytes of names that are composed from scopes.
    budget: Budget,
    /// Names without their scopes or without the end, and names that too many references lead to.
    pub(super) excess: u64,
}

impl Made {
    pub(super) const fn new(budget: Budget) -> Self {
        Self { budget, excess: 0 }
    }

    /// Whether the budget suffices for a composed name of so many bytes; if so it is charged.
    pub(super) const fn take(&mut self, bytes: u64) -> bool {
        self.budget.take(bytes)
    }

    /// A name, cut to the limit.
    pub(super) fn cut<'n>(&mut self, name: &'n [u8]) -> &'n [u8] {
        let Some(start) = name.get(..limits::NAME) else { return name };
        self.excess += u64::from(start.len() < name.len());
        start
    }
}
