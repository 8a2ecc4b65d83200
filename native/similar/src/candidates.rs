//! Selects the stacks that share enough with a stack to be aligned with it.
//!
//! The weight of the frames that two stacks share, in any order, is at least that of their best alignment, so a stack that
//! shares too little is left out without losing a match. The most common frames are not looked up as long as their possible
//! weight is small; the bound is raised by it.

use crate::DEPTH;
use crate::coded::Weighted;
use crate::postings::{Entry, Postings};
use crate::stacks::Stacks;
use crate::weights::{KINDS, NEAREST, POSITION};

/// Stacks with a frame: looking up a frame that fewer stacks have is cheap.
const COMMON: usize = 64;
/// The part of the required weight that may be in frames that are not looked up.
const SLACK: f32 = 0.9;
/// Of sums in single precision, as a part of a stack's weight.
const ROUNDING: f32 = 1e-4;

/// The weight that each stack shares with the one that is looked up: memory for many look-ups, all zero between them.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    weights: Vec<f32>,
    touched: Vec<u32>,
}

/// One look-up: the stacks that have a code, and what each shares by its position in them.
struct Column<'a> {
    entries: &'a [Entry],
    weights: [f32; DEPTH],
    most: f32,
}

/// A stack that may reach a score, and the most that its score can be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) number: u32,
    pub(crate) most: f32,
}

/// The stacks in an index, of those before a number, that may reach a score with a stack.
pub(crate) fn candidates(
    asked: &Weighted,
    (stacks, postings, before): (&Stacks, &Postings, u32),
    threshold: f32,
    shared: &mut Shared,
    out: &mut Vec<Candidate>,
) {
    out.clear();
    shared.weights.resize(stacks.len(), 0.0);
    // A stack must share this much to reach the score with any other, whose weight is at least what is shared.
    let least = threshold / 2.0 / (1.0 - threshold / 2.0) * asked.total;
    let (columns, missed) = columns(asked, postings, before, SLACK * least);
    let missed = missed + ROUNDING * asked.total;
    for column in &columns {
        for entry in column.entries {
            let weight = &mut shared.weights[entry.stack() as usize];
            if *weight == 0.0 {
                shared.touched.push(entry.stack());
            }
            *weight += column.weights[entry.place()];
        }
    }
    for number in shared.touched.drain(..) {
        let bound = std::mem::take(&mut shared.weights[number as usize]) + missed;
        // First without the other stack's weight, which is looked up only for the few stacks that remain.
        if bound >= least {
            let most = 2.0 * bound / (asked.total + stacks.total(number));
            if most >= threshold {
                out.push(Candidate { number, most });
            }
        }
    }
}

/// The look-ups for a stack, and the most that can be shared by codes that are not looked up.
fn columns<'a>(asked: &Weighted, postings: &'a Postings, before: u32, slack: f32) -> (Vec<Column<'a>>, f32) {
    let mut columns = Vec::with_capacity(DEPTH * KINDS);
    for kind in 0..KINDS {
        for (first, code) in asked.stack.first_places(kind) {
            let mut entries = postings.of(kind, code);
            if entries.last().is_some_and(|last| last.stack() >= before) {
                entries = &entries[..entries.partition_point(|entry| entry.stack() < before)];
            }
            if entries.is_empty() {
                continue;
            }
            let weight = own_weight(asked, kind, first);
            if weight <= 0.0 {
                continue;
            }
            let mut column = Column { entries, weights: [0.0; DEPTH], most: 0.0 };
            for at in (first..asked.stack.len).filter(|&at| asked.stack.codes[kind][at] == code) {
                column.most += weight * POSITION[at];
                for (sum, nearest) in column.weights.iter_mut().zip(&NEAREST[at]) {
                    *sum += weight * nearest;
                }
            }
            columns.push(column);
        }
    }
    // The most common first, as many as the slack allows.
    columns.sort_unstable_by_key(|column| std::cmp::Reverse(column.entries.len()));
    let mut missed = 0.0;
    let passed = columns
        .iter()
        .take_while(|column| {
            let pass = column.entries.len() > COMMON && missed + column.most <= slack;
            missed += if pass { column.most } else { 0.0 };
            pass
        })
        .count();
    columns.drain(..passed);
    (columns, missed)
}

/// The weight that a code adds for a stack with it. Equal frames are also kin and have the same verb, so that an equal frame
/// adds only what it weighs more than these.
fn own_weight(asked: &Weighted, kind: usize, at: usize) -> f32 {
    let weight = asked.weights[kind][at];
    if kind > 0 {
        return weight;
    }
    let weaker = (1..KINDS).filter(|&kind| asked.stack.codes[kind][at] >= 0);
    weight - weaker.map(|kind| asked.weights[kind][at]).sum::<f32>()
}
