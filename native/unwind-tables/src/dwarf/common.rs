//! What several entries of functions share: a common information entry, which each of them leads to.

use std::collections::HashMap;

use gimli::{CommonInformationEntry, Error};

use super::entry_length::length_at;
use super::{Frames, Slice};

/// The longest, in bytes: real ones have some dozen. Each look-up reads one, with a text in it to its end.
const LONGEST: usize = 4096;

/// Those that were read, by their offset in the section: all functions of a unit lead to one. `None`: it is damaged.
#[derive(Debug, Default)]
pub(super) struct Common<'s> {
    read: HashMap<usize, Option<CommonInformationEntry<Slice<'s>>>>,
}

impl<'s> Common<'s> {
    /// The one at an offset, which `parse` reads the first time.
    pub(super) fn at(
        &mut self,
        frames: &Frames<'s>,
        offset: usize,
        parse: impl FnOnce() -> gimli::Result<CommonInformationEntry<Slice<'s>>>,
    ) -> gimli::Result<CommonInformationEntry<Slice<'s>>> {
        let read = || length_at(frames.bytes, offset).filter(|length| *length <= LONGEST).and_then(|_| parse().ok());
        self.read.entry(offset).or_insert_with(read).clone().ok_or(Error::NoEntryAtGivenOffset(offset as u64))
    }
}
