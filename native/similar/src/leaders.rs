//! Groups of near duplicates, each around a leader.
//!
//! In the order of the stacks, each joins the leader before it that it is most similar to, of equals the first, or becomes a
//! leader itself. It is compared with leaders alone: nothing chains, and a million equal stacks are a million comparisons.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::postings::Postings;
use crate::score::{Asked, Wanted};
use crate::search::{Found, Memory, look_up, look_up_nearest};
use crate::stacks::{Invalid, Stacks};

/// Stacks that are looked up at the same time among the leaders before them.
const AT_ONCE: u32 = if cfg!(test) { 7 } else { 4096 };
const NOBODY: u32 = u32::MAX;

/// Decisions of people about stacks, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// Stacks that are together: the first of them is compared, the others follow the leader that it follows.
    pub together: Vec<Vec<u32>>,
    /// Pairs of stacks that are never in one group.
    pub apart: Vec<(u32, u32)>,
}

/// The leader of each stack and its score with it; a leader is its own leader, with a score of 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaders {
    /// By stack.
    pub leaders: Vec<u32>,
    /// By stack; of stacks that are together that of the first.
    pub scores: Vec<f32>,
}

pub(crate) fn lead(
    stacks: &Stacks,
    wanted: Wanted,
    decisions: &Decisions,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Leaders>, Invalid> {
    let mut groups = Groups::new(stacks.len(), decisions)?;
    let size = u32::try_from(stacks.len()).map_err(|_| Invalid::Full)?;
    // The leaders before some stacks are looked up by all threads, those among them one after the other.
    let mut before = Postings::default();
    let mut among = Postings::default();
    let memories: Vec<_> = (0..rayon::current_num_threads()).map(|_| Mutex::new(Memory::default())).collect();
    let mut memory = Memory::default();
    let mut first = 0;
    while first < size {
        if !go_on() {
            return Ok(None);
        }
        let some = first..size.min(first + AT_ONCE);
        let found = among_leaders(stacks, &before, some.clone(), &groups, wanted, &memories);
        let mut new = Vec::new();
        for (number, mut found) in some.clone().zip(found) {
            if groups.leaders[number as usize] != NOBODY {
                continue;
            }
            if !new.is_empty() {
                find(number, (stacks, &among), &groups, wanted, &mut memory, &mut found);
            }
            if groups.join(number, &mut found) == number {
                new.push(number);
                among.add(number, &stacks.stack(number));
            }
        }
        among.clear();
        for number in new {
            before.add(number, &stacks.stack(number));
        }
        first = some.end;
    }
    Ok(Some(Leaders { leaders: groups.leaders, scores: groups.scores }))
}

/// For each of some stacks the similar leaders.
fn among_leaders(
    stacks: &Stacks,
    leaders: &Postings,
    some: Range<u32>,
    groups: &Groups,
    wanted: Wanted,
    memories: &[Mutex<Memory>],
) -> Vec<Vec<Found>> {
    some.into_par_iter()
        .map(|number| {
            let mut found = Vec::new();
            if groups.leaders[number as usize] == NOBODY {
                let thread = rayon::current_thread_index().unwrap_or(0);
                let mut memory = memories[thread].lock().unwrap_or_else(PoisonError::into_inner);
                find(number, (stacks, leaders), groups, wanted, &mut memory, &mut found);
            }
            found
        })
        .collect()
}

/// Adds the leaders that a stack may follow: the most similar one, or all if it may have to be apart from that one.
fn find(
    number: u32,
    (stacks, leaders): (&Stacks, &Postings),
    groups: &Groups,
    wanted: Wanted,
    memory: &mut Memory,
    found: &mut Vec<Found>,
) {
    let asked = Asked::new(stacks.weighted(number));
    let look_up = if groups.may_be_apart(number) { look_up } else { look_up_nearest };
    look_up(&asked, stacks.family(number), (stacks, leaders, NOBODY), wanted, memory, found);
}

/// Who follows whom so far.
struct Groups {
    leaders: Vec<u32>,
    scores: Vec<f32>,
    together: HashMap<u32, Vec<u32>>,
    apart: HashMap<u32, Vec<u32>>,
}

impl Groups {
    fn new(stacks: usize, decisions: &Decisions) -> Result<Self, Invalid> {
        let pairs = decisions.apart.iter().flat_map(|&(one, other)| [one, other]);
        if let Some(wrong) =
            decisions.together.iter().flatten().copied().chain(pairs).find(|&one| one as usize >= stacks)
        {
            return Err(Invalid::Stack(wrong));
        }
        let mut out = Self {
            leaders: vec![NOBODY; stacks],
            scores: vec![1.0; stacks],
            together: HashMap::new(),
            apart: HashMap::new(),
        };
        for unit in &decisions.together {
            if let Some(&first) = unit.iter().min() {
                out.together.insert(first, unit.clone());
            }
        }
        for &(one, other) in &decisions.apart {
            out.apart.entry(one).or_default().push(other);
            out.apart.entry(other).or_default().push(one);
        }
        Ok(out)
    }

    /// Lets a stack, with those that are together with it, join the most similar of the leaders that were found; returns its leader.
    fn join(&mut self, number: u32, found: &mut [Found]) -> u32 {
        found.sort_unstable_by(|one, other| other.score.total_cmp(&one.score).then(one.number.cmp(&other.number)));
        let unit = self.together.remove(&number).unwrap_or_else(|| vec![number]);
        let best = found.iter().find(|found| !self.is_apart(&unit, found.number));
        let Found { number: leader, score } = best.copied().unwrap_or(Found { number, score: 1.0 });
        for one in unit {
            self.leaders[one as usize] = leader;
            self.scores[one as usize] = score;
        }
        leader
    }

    /// Whether a stack, or one that is together with it, must be apart from any other.
    fn may_be_apart(&self, number: u32) -> bool {
        let unit = self.together.get(&number).map_or(std::slice::from_ref(&number), Vec::as_slice);
        unit.iter().any(|one| self.apart.contains_key(one))
    }

    /// Whether any of some stacks must not be in the group of a leader.
    fn is_apart(&self, unit: &[u32], leader: u32) -> bool {
        let others = unit.iter().filter_map(|one| self.apart.get(one)).flatten();
        others.into_iter().any(|&other| self.leaders[other as usize] == leader)
    }
}
