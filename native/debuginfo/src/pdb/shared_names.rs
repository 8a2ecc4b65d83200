//! Names of inlined functions, made once for all modules: most modules inline the same functions of a library.

use std::sync::{Mutex, PoisonError};

use crate::numbering::{ByNumber, Text};

/// How many parts the names are in, so that threads seldom wait for each other.
const PARTS: usize = 64;

/// Names by the number of their id record; `None`: it has none.
type Part<'m> = Mutex<ByNumber<u32, Option<Text<'m>>>>;

/// Names of inlined functions, by the numbers of their id records.
#[derive(Debug)]
pub(super) struct SharedNames<'m> {
    parts: Vec<Part<'m>>,
}

impl Default for SharedNames<'_> {
    fn default() -> Self {
        Self { parts: std::iter::repeat_with(Mutex::default).take(PARTS).collect() }
    }
}

impl<'m> SharedNames<'m> {
    /// The name of a record; `make` makes it if it was not asked for before.
    pub(super) fn name(&self, id: u32, make: impl FnOnce() -> Option<Text<'m>>) -> Option<Text<'m>> {
        let part = self.parts.get(id as usize % PARTS)?;
        let known = || part.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = known().get(&id) {
            return name.clone();
        }
        // Two threads may make the same name: it is the same either way, and none waits for the other.
        let name = make();
        known().insert(id, name.clone());
        name
    }
}
