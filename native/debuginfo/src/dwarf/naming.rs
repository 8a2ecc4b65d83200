//! What entries say about their names.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::limits;

/// What an entry says about its name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Naming<'d> {
    pub(super) linkage: Option<&'d [u8]>,
    pub(super) name: Option<&'d [u8]>,
    /// The entry that says more: an offset of `.debug_info`.
    pub(super) refers: Option<usize>,
}

/// What long entries say about their names. Many others may refer to one, and each time it would be read to its end.
#[derive(Debug, Default)]
pub(super) struct LongEntries<'d> {
    /// By offset of `.debug_info`.
    known: RwLock<HashMap<usize, Naming<'d>>>,
    some: AtomicBool,
}

impl<'d> LongEntries<'d> {
    /// What the entry at an offset says: as it is known, or as it is read.
    pub(super) fn naming(
        &self,
        offset: usize,
        read: impl FnOnce() -> Option<(Naming<'d>, usize)>,
    ) -> Option<Naming<'d>> {
        if self.some.load(Ordering::Acquire)
            && let Some(&known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&offset)
        {
            return Some(known);
        }
        let (naming, length) = read()?;
        // Real entries have some tens of bytes: names that are not short are in a section of their own.
        if length > limits::START {
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(offset, naming);
            self.some.store(true, Ordering::Release);
        }
        Some(naming)
    }
}
