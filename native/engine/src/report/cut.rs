//! What exceeds the budget of a report: as an entry of `faults`, and under `truncated`.

use crate::json::{Cut, Writer};

/// The entries of `faults`, with one on what was left out, if anything was: the first entry, or the last if only faults
/// were left out.
pub(super) fn with_fault(w: &mut Writer, budget: usize, faults: impl FnOnce(&mut Writer)) {
    let before = !w.cut().is_empty();
    if before {
        fault(w, budget);
    }
    w.part(2, faults);
    if !before && !w.cut().is_empty() {
        fault(w, budget);
    }
}

fn fault(w: &mut Writer, budget: usize) {
    let message = sentence(w.cut(), budget);
    w.begin_object();
    w.field("place", "report");
    w.field("message", &message);
    w.end_object();
}

/// The last key of a report, if anything was left out.
pub(super) fn truncated(w: &mut Writer, budget: usize) {
    let cut = w.cut().clone();
    if cut.is_empty() {
        return;
    }
    w.key("truncated");
    w.begin_object();
    w.field("limit", budget);
    w.key("omitted");
    w.begin_object();
    for (what, count) in &cut.omitted {
        w.key(what);
        w.number(*count);
    }
    w.end_object();
    w.field("shortened", cut.shortened);
    w.end_object();
}

fn sentence(cut: &Cut, budget: usize) -> String {
    let mut parts: Vec<String> =
        cut.omitted.iter().map(|(what, count)| format!("{count} {} left out", what.replace('_', " "))).collect();
    if cut.shortened > 0 {
        parts.push(format!("{} texts shortened", cut.shortened));
    }
    format!("the report is limited to {budget} bytes: {}", parts.join(", "))
}
