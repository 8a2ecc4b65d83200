//! The attributes of an entry that name it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::limits;

/// The attributes of an entry that name it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Naming<'d> {
    pub(super) linkage: Option<&'d [u8]>,
    pub(super) name: Option<&'d [u8]>,
    /// The entry with further attributes: an offset of `.debug_info`.
    pub(super) refers: Option<usize>,
}

/// The names of long entries. Many others may refer to one, and without this each reference would read all of it.
#[derive(Debug, Default)]
pub(super) struct LongEntries<'d> {
    /// By offset of `.debug_info`.
    known: RwLock<HashMap<usize, Naming<'d>>>,
    some: AtomicBool,
}

impl<'d> LongEntries<'d> {
    /// The names of the entry at an offset, cached or read.
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
