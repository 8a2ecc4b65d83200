//! The unwind rules of a large function.

use crate::breakpad::cfi_lines::{Delta, block_deltas, delta_rules};
use crate::breakpad::lines::rules_line_at;
use crate::breakpad::rules;
use std::collections::HashMap;

/// Deltas from one summary to the next.
const STEP: usize = 64;
/// More registers than any architecture has; rules for further ones are ignored.
const MAX_NAMES: usize = 128;

/// The STACK CFI lines of one INIT, to be searched.
#[derive(Debug, Default)]
pub(crate) struct LargeRules {
    /// Address and offset in the text, by address, one an address.
    deltas: Vec<(u64, u64)>,
    /// For every 64th delta which of those before it still apply: the last for each register.
    summaries: Vec<Box<[u32]>>,
}

impl LargeRules {
    /// Read the lines after an INIT line, those in its range.
    pub(crate) fn read(text: &[u8], init: u64, start: u64, end: u64) -> Self {
        let mut deltas: Vec<(u64, u64)> = block_deltas(text, init)
            .filter(|delta| (start..end).contains(&delta.address))
            .map(|delta| (delta.address, delta.offset))
            .collect();
        last_of_each(&mut deltas);
        let mut names: HashMap<&[u8], usize> = HashMap::new();
        let mut last: Vec<u32> = Vec::new();
        let mut summaries = Vec::with_capacity(deltas.len() / STEP + 1);
        for (number, &(_, offset)) in (0u32..).zip(&deltas) {
            if (number as usize).is_multiple_of(STEP) {
                let mut summary = last.clone();
                summary.sort_unstable();
                summary.dedup();
                summaries.push(summary.into());
            }
            for (name, _) in rules(rules_line_at(text, offset).and_then(delta_rules).unwrap_or_default()) {
                match names.get(name) {
                    Some(&at) => last[at] = number,
                    None if last.len() < MAX_NAMES => {
                        names.insert(name, last.len());
                        last.push(number);
                    }
                    None => {}
                }
            }
        }
        Self { deltas, summaries }
    }

    /// The lines that apply at an address, in order.
    pub(crate) fn at<'t>(&self, text: &'t [u8], rva: u64) -> Vec<Delta<'t>> {
        let past = self.deltas.partition_point(|delta| delta.0 <= rva);
        let Some(before) = past.checked_sub(1) else { return Vec::new() };
        let summary = self.summaries.get(before / STEP).map_or([].as_slice(), |summary| summary);
        let older = summary.iter().filter_map(|&number| self.deltas.get(number as usize));
        let newer = self.deltas.get(before / STEP * STEP..past).unwrap_or_default();
        let found = older.chain(newer).filter_map(|&(address, offset)| {
            Some(Delta { address, offset, rules: delta_rules(rules_line_at(text, offset)?)? })
        });
        found.collect()
    }
}

/// Sort by address; of several at one address the last in the file counts.
pub(crate) fn last_of_each(deltas: &mut Vec<(u64, u64)>) {
    if !deltas.is_sorted_by(|a, b| a.0 < b.0) {
        deltas.sort_unstable();
        deltas.reverse();
        deltas.dedup_by_key(|delta| delta.0);
        deltas.reverse();
    }
}
