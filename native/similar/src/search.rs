//! One look-up: the candidates, and of these the ones that reach the score.

use crate::candidates::{Candidate, Shared, candidates};
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
    candidates: Vec<Candidate>,
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
    for &Candidate { number, .. } in memory.candidates.iter().filter(|one| stacks.family(one.number) == family) {
        let score = asked.score(&stacks.stack(number), stacks.total(number), wanted);
        if score >= wanted.threshold {
            out.push(Found { number, score });
        }
    }
}

/// Adds near duplicates of a stack, the most similar ones for certain. Most candidates in a family of thousands of near
/// duplicates are less similar by what they share alone.
pub(crate) fn look_up_nearest(
    asked: &Asked,
    family: u32,
    among: (&Stacks, &Postings, u32),
    mut wanted: Wanted,
    memory: &mut Memory,
    out: &mut Vec<Found>,
) {
    let stacks = among.0;
    candidates(&asked.stack, among, wanted.threshold, &mut memory.shared, &mut memory.candidates);
    memory.candidates.sort_unstable_by(|one, other| other.most.total_cmp(&one.most));
    for &Candidate { number, most } in memory.candidates.iter().filter(|one| stacks.family(one.number) == family) {
        if most < wanted.threshold {
            break;
        }
        let score = asked.score(&stacks.stack(number), stacks.total(number), wanted);
        if score >= wanted.threshold {
            wanted.threshold = score;
            out.push(Found { number, score });
        }
    }
}
