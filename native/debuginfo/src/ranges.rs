//! Lists of address ranges as (first address, address after the last).

/// Sort ranges, and cut what an earlier one has already; empty ones vanish.
pub(crate) fn cut(ranges: &mut Vec<(u64, u64)>) {
    ranges.sort_unstable();
    let mut limit = 0;
    ranges.retain_mut(|(start, end)| {
        *start = limit.max(*start);
        limit = limit.max(*end);
        start < end
    });
}

/// Sort ranges, and join those that touch.
pub(crate) fn join(ranges: &mut Vec<(u64, u64)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, last| {
        let joined = next.0 <= last.1;
        if joined {
            last.1 = last.1.max(next.1);
        }
        joined
    });
}
