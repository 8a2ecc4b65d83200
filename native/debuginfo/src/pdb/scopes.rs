//! The functions of a module and the calls inlined into them, from the nesting of its symbols.

use std::ops::Range;

use super::records::{Procedure, Records, Separated, Site, Symbol};
use super::sections::{Owners, Sections};
use crate::deadline::Deadline;
use crate::limits;
use crate::wanted::Wanted;

/// A function, or code that was moved away from one.
#[derive(Clone, Debug)]
pub(super) struct Function<'b> {
    /// Relative to the image.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) name: &'b [u8],
    pub(super) signature: u32,
    pub(super) is_id: bool,
    /// Another function with another name has the same code: the linker folded equal functions.
    pub(super) is_folded: bool,
    /// The calls inlined into it, each before those inside it.
    pub(super) calls: Range<usize>,
}

/// A call that was inlined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'b> {
    pub(super) site: Site<'b>,
    /// 0: into the function itself.
    pub(super) depth: u32,
    /// The call that it is in: its index among those of the function.
    pub(super) parent: Option<usize>,
}

/// The functions of a module.
#[derive(Debug, Default)]
pub(super) struct Scopes<'b> {
    /// By address.
    pub(super) functions: Vec<Function<'b>>,
    pub(super) calls: Vec<Call<'b>>,
    /// The records end in damage.
    pub(super) is_damaged: bool,
    /// Scopes that are nested too deeply.
    pub(super) excess: u64,
}

/// A scope that is open.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    function: Option<usize>,
    call: Option<usize>,
}

/// Read the symbols of a module, by its number, until the time is over; if only some addresses are `wanted`, the calls in
/// functions that have one.
pub(super) fn scopes<'b>(
    symbols: &'b [u8],
    module: u16,
    sections: &Sections,
    wanted: Option<&Wanted>,
    deadline: Deadline,
) -> Scopes<'b> {
    let mut found = Scopes::default();
    let mut separated = Vec::new();
    let mut owners = sections.owners();
    let mut open: Vec<Open> = Vec::new();
    // A version in 4 bytes is before the first record.
    let mut records = Records::new(symbols, 4);
    let mut watch = deadline.watch();
    while let Some(symbol) = records.next() {
        if watch.is_over() {
            break;
        }
        if matches!(symbol, Symbol::End) {
            open.pop();
            continue;
        }
        let around = open.last().copied().unwrap_or_default();
        let mut inside = around;
        match symbol {
            Symbol::Procedure(procedure) => {
                let function = found.function(procedure, module, sections, &mut owners);
                inside = Open { function, call: None };
                // Nothing in it is needed.
                if wanted.is_some_and(|wanted| !found.has_any(function, wanted)) {
                    records.skip_to_end(procedure.end);
                }
            }
            Symbol::Site(site) => inside.call = found.call(site, around, wanted),
            Symbol::Separated(code) => {
                inside = Open::default();
                separated.push(code);
            }
            Symbol::Block | Symbol::End => {}
        }
        // Only a damaged stream opens scopes without end.
        if open.len() >= limits::NESTED_SCOPES {
            found.excess += 1;
            break;
        }
        open.push(inside);
    }
    found.is_damaged = records.is_damaged;
    // By address, so that each of many parts finds its function without a search of all.
    found.functions.sort_by_key(|function| function.start);
    let moved = separated.into_iter().filter_map(|code| found.separated(code, module, sections)).collect::<Vec<_>>();
    found.functions.extend(moved);
    found.functions.sort_by_key(|function| (function.start, function.end));
    found.functions.dedup_by(|next, first| {
        let is_same = (next.start, next.end) == (first.start, first.end);
        first.is_folded |= is_same && next.name != first.name;
        is_same
    });
    found
}

impl<'b> Scopes<'b> {
    /// Keep the functions that have one of the `wanted` addresses, and the last one before each, which says that no other
    /// symbol reaches there.
    pub(super) fn keep(&mut self, wanted: &Wanted) {
        // A function is the last before an address that is not after the beginning of the next.
        let starts: Vec<u64> = self.functions.iter().skip(1).map(|function| function.start).collect();
        let mut next = starts.into_iter();
        self.functions.retain(|function| {
            let next = next.next().unwrap_or(u64::MAX);
            wanted.are_in(&[(function.start, function.end.max(next))])
        });
    }

    /// Whether a function has one of the `wanted` addresses.
    fn has_any(&self, function: Option<usize>, wanted: &Wanted) -> bool {
        let function = function.and_then(|function| self.functions.get(function));
        function.is_some_and(|function| wanted.are_in(&[(function.start, function.end)]))
    }

    fn function(
        &mut self,
        procedure: Procedure<'b>,
        module: u16,
        sections: &Sections,
        owners: &mut Owners<'_>,
    ) -> Option<usize> {
        let Procedure { section, offset, size, name, signature, is_id, .. } = procedure;
        let (start, end) = sections.range(section, offset, size)?;
        if !owners.is_of(module, section, offset) {
            return None;
        }
        let calls = self.calls.len()..self.calls.len();
        self.functions.push(Function { start, end, name, signature, is_id, is_folded: false, calls });
        Some(self.functions.len() - 1)
    }

    fn call(&mut self, site: Site<'b>, around: Open, wanted: Option<&Wanted>) -> Option<usize> {
        let function = around.function?;
        let depth = around.call.and_then(|call| self.calls.get(call)).map_or(0, |call| call.depth + 1);
        let function = self.functions.get_mut(function)?;
        if wanted.is_some_and(|wanted| !wanted.are_in(&[(function.start, function.end)])) {
            return None;
        }
        let calls = &mut function.calls;
        // Calls after a function inside this one are not used: no compiler writes such functions.
        if depth >= limits::INLINE_DEPTH || calls.end != self.calls.len() {
            self.excess += 1;
            return around.call;
        }
        calls.end += 1;
        let parent = around.call.and_then(|call| call.checked_sub(calls.start));
        self.calls.push(Call { site, depth, parent });
        Some(self.calls.len() - 1)
    }

    /// Code that was moved away has the name of its function. The functions are sorted by their first address.
    fn separated(&self, code: Separated, module: u16, sections: &Sections) -> Option<Function<'b>> {
        let (start, end) = sections.range(code.section, code.offset, code.size)?;
        let (parent, _) = sections.code(code.parent.0, code.parent.1)?;
        if !sections.is_of(module, code.section, code.offset) {
            return None;
        }
        let first = self.functions.partition_point(|function| function.start < parent);
        let found = self.functions.get(first).filter(|function| function.start == parent)?;
        Some(Function { start, end, is_folded: false, calls: 0..0, ..found.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Sections, scopes};
    use crate::deadline::Deadline;
    use crate::limits;

    #[test]
    fn scopes_without_end_are_refused() {
        // A block of no fields: a length of 2 bytes, S_BLOCK32.
        let blocks = |count: usize| [[4u8, 0, 0, 0].as_slice(), &[2, 0, 3, 0x11].repeat(count)].concat();
        for (count, excess) in [(limits::NESTED_SCOPES, 0), (limits::NESTED_SCOPES + 1, 1)] {
            assert_eq!(
                scopes(&blocks(count), 0, &Sections::default(), None, Deadline::default()).excess,
                excess,
                "{count}"
            );
        }
    }
}
