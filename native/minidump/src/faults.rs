//! What was wrong in a dump and skipped.

use std::borrow::Cow;

/// How many faults are listed; more are only counted, so that hostile input cannot grow the list.
const KEPT: usize = 100;

/// One thing that was wrong and what it cost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Stream type (see [`kind`](crate::kind)); `None` for the header and the directory.
    pub stream: Option<u32>,
    /// Index of the entry in the stream's list, where it has one.
    pub entry: Option<u32>,
    /// Offset in the file where the faulty bytes are, or should be.
    pub offset: u64,
    /// One sentence: what was wrong and what was done about it.
    pub message: Cow<'static, str>,
}

/// Collects faults while a dump is read.
#[derive(Default, Debug)]
pub(crate) struct Faults {
    pub(crate) list: Vec<Fault>,
    pub(crate) omitted: u64,
}

impl Faults {
    /// Note a fault of an entry of a stream.
    pub(crate) fn add(
        &mut self,
        stream: impl Into<Option<u32>>,
        entry: Option<usize>,
        offset: u64,
        message: impl Into<Cow<'static, str>>,
    ) {
        if self.list.len() >= KEPT {
            self.omitted = self.omitted.saturating_add(1);
            return;
        }
        let entry = entry.map(|e| u32::try_from(e).unwrap_or(u32::MAX));
        self.list.push(Fault { stream: stream.into(), entry, offset, message: message.into() });
    }
}
