//! One look-up: the candidates, and of these the ones that reach the score.

use crate::candidates::{Shared, candidates};
use crate::postings::Postings;
use crate::score::{Asked, Wanted};
use crate::stacks::Stacks;

/// A near duplicate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The stack.
    pub number: u32,
    /// Its score: 0 to 1.
    pub score: f32,
}

/// Memory for many look-ups.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    shared: Shared,
    candidates: Vec<u32>,
}

/// Adds the near duplicates of a stack among those of an index before a number.
pub(crate) fn look_up(
    asked: &Asked,
    family: u32,
    among: (&Stacks, &Postings, u32),
    wanted: Wanted,
    memory: &mut Memory,
    out: &mut Vec<Found>,
) {
    let stacks = among.0;
    candidates(&asked.stack, among, wanted.threshold, &mut memory.shared, &mut memory.candidates);
    for &number in memory.candidates.iter().filter(|&&number| stacks.family(number) == family) {
        let score = asked.score(&stacks.stack(number), stacks.total(number), wanted);
        if score >= wanted.threshold {
            out.push(Found { number, score });
        }
    }
}
