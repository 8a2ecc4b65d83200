//! `cycle` and `recursion` of a thread: frames that repeat.

use unwind::Cycle;

use crate::json::{ToJson, Writer};

impl ToJson for Cycle {
    fn write(&self, w: &mut Writer) {
        w.begin_object();
        w.field("first", self.first);
        w.field("period", self.period);
        w.field("repeats", self.repeats);
        w.end_object();
    }
}

/// A repetition: `period` frames from index `first`, `repeats` times. `omitted` frames are left out before index `gap`.
pub(super) struct Repetition {
    pub(super) first: usize,
    pub(super) period: usize,
    pub(super) repeats: u64,
    pub(super) gap: usize,
    pub(super) omitted: u64,
}

impl ToJson for Repetition {
    fn write(&self, w: &mut Writer) {
        w.begin_object();
        w.field("first", self.first);
        w.field("period", self.period);
        w.field("repeats", self.repeats);
        w.field("gap", self.gap);
        w.field("omitted", self.omitted);
        w.end_object();
    }
}
