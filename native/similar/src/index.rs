//! The index of stacks, which finds near duplicates of a stack.

use crate::aligned::{Aligned, align};
use crate::coded::{Coded, Codes, Weighted};
use crate::leaders::{Decisions, Leaders, lead};
use crate::postings::Postings;
use crate::score::{Asked, Wanted};
use crate::search::{Found, Memory, look_up};
use crate::stacks::{Invalid, Stacks};

/// A set of stacks in which near duplicates are found. Additions and look-ups may alternate.
#[derive(Debug, Default)]
pub struct Index {
    stacks: Stacks,
    /// Of the first stacks; the others are added when they are looked for, which groups do not need.
    postings: Postings,
    posted: u32,
    memory: Memory,
}

/// A stack that is asked about.
#[derive(Clone, Debug)]
pub enum Stack {
    /// One of the index.
    Number(u32),
    /// Any other, by its frames. A code that no stack of the index has may be any number that is not used there.
    Frames(Vec<Codes>),
}

/// Pairs of near duplicates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairs {
    /// The first stack that was not looked up any more.
    pub next: u32,
    /// The stacks that were looked up, the stacks before them, and the scores.
    pub later: Vec<u32>,
    /// The earlier stack of each pair.
    pub earlier: Vec<u32>,
    /// The score of each pair.
    pub scores: Vec<f32>,
}

impl Index {
    /// The number of stacks.
    pub fn len(&self) -> usize {
        self.stacks.len()
    }

    /// Whether there is no stack.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Add names of frames, which are numbered from 0 in their order, and stacks: for each its number of frames and its family,
    /// and the names of all their frames, one stack after the other.
    ///
    /// # Errors
    /// The numbers describe no stacks, of which none is added.
    pub fn add(&mut self, names: &[Codes], lengths: &[u8], frames: &[u32], families: &[u32]) -> Result<(), Invalid> {
        self.stacks.add_names(names)?;
        self.stacks.add(lengths, frames, families)
    }

    /// The near duplicates of a stack in a family, in no particular order. One in the index is a near duplicate of itself.
    ///
    /// # Errors
    /// There is no stack of this number.
    pub fn similar(&mut self, stack: &Stack, family: u32, wanted: Wanted) -> Result<Vec<Found>, Invalid> {
        self.post();
        let asked = Asked::new(self.weighted(stack)?);
        let mut out = Vec::new();
        look_up(&asked, family, (&self.stacks, &self.postings, u32::MAX), wanted, &mut self.memory, &mut out);
        Ok(out)
    }

    /// The pairs of near duplicates of stacks from a number on with stacks before them, at least so many unless there are fewer.
    pub fn pairs(&mut self, first: u32, at_least: usize, wanted: Wanted) -> Pairs {
        self.post();
        self.stacks.settle();
        let mut out = Pairs { next: first, ..Pairs::default() };
        let mut found = Vec::new();
        while (out.next as usize) < self.len() && out.scores.len() < at_least {
            let number = out.next;
            let asked = Asked::new(self.stacks.weighted(number));
            let family = self.stacks.family(number);
            look_up(&asked, family, (&self.stacks, &self.postings, number), wanted, &mut self.memory, &mut found);
            found.sort_unstable_by_key(|found| found.number);
            for Found { number: before, score } in found.drain(..) {
                out.later.push(number);
                out.earlier.push(before);
                out.scores.push(score);
            }
            out.next += 1;
        }
        out
    }

    /// How similar two stacks are, whatever their families. Neither need be in the index.
    pub fn score(&self, left: &[Codes], right: &[Codes], in_order: usize) -> f32 {
        let [left, right] = [left, right].map(|stack| Coded::new(stack.iter().copied()));
        let total = self.stacks.with_weights(right.clone()).total;
        let asked = Asked::new(self.stacks.with_weights(left));
        asked.score(&right, total, Wanted { threshold: 0.0, in_order })
    }

    /// The aligned frames of a stack with one in the index.
    ///
    /// # Errors
    /// There is no stack of this number.
    pub fn aligned(&self, stack: &Stack, other: u32, in_order: usize) -> Result<Vec<Aligned>, Invalid> {
        self.check(other)?;
        let asked = Asked::new(self.weighted(stack)?);
        let right = self.stacks.stack(other);
        let mut out = align(&asked.stack, &right);
        let sum: f64 = out.iter().map(|pair| pair.weight).sum();
        if sum > 0.0 {
            let both = f64::from(asked.stack.total) + f64::from(self.stacks.total(other));
            let score = asked.score_of(&right, (2.0 * sum / both) as f32, in_order);
            for pair in &mut out {
                pair.weight *= f64::from(score) / sum;
            }
        }
        Ok(out)
    }

    /// The leader of each stack, in the order of the stacks: see [`Leaders`]. `None` if `go_on` returns false, which is asked now
    /// and then.
    ///
    /// # Errors
    /// A decision is about a stack that is not there.
    pub fn leaders(
        &mut self,
        wanted: Wanted,
        decisions: &Decisions,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Leaders>, Invalid> {
        self.stacks.settle();
        lead(&self.stacks, wanted, decisions, go_on)
    }

    fn check(&self, number: u32) -> Result<(), Invalid> {
        if (number as usize) < self.len() { Ok(()) } else { Err(Invalid::Stack(number)) }
    }

    fn weighted(&self, stack: &Stack) -> Result<Weighted, Invalid> {
        match stack {
            Stack::Number(number) => self.check(*number).map(|()| self.stacks.weighted(*number)),
            Stack::Frames(frames) => Ok(self.stacks.with_weights(Coded::new(frames.iter().copied()))),
        }
    }

    fn post(&mut self) {
        while (self.posted as usize) < self.stacks.len() {
            self.postings.add(self.posted, &self.stacks.stack(self.posted));
            self.posted += 1;
        }
    }
}
