//! The stretch of a stack that repeats itself.

use unwind::Cycle;

use crate::json::Writer;

/// The key `cycle` of a thread.
pub(super) fn write(w: &mut Writer, cycle: Option<Cycle>) {
    w.key("cycle");
    let Some(cycle) = cycle else { return w.null() };
    w.begin_object();
    for (key, value) in [("first", cycle.first as u64), ("period", cycle.period as u64), ("repeats", cycle.repeats)] {
        w.key(key);
        w.number(value);
    }
    w.end_object();
}
