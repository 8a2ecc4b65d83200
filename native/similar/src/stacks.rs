//! The stacks of an index: their frames as numbers of names, and how many stacks have each frame, kin and verb.

use std::fmt;

use crate::DEPTH;
use crate::coded::{Coded, Codes, UNKNOWN, Weighted};
use crate::weights::{KINDS, LIKENESS, rarity};

/// Stacks by number, in the order of addition.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    /// The codes of each name.
    names: Vec<Codes>,
    /// For each code of a kind the number of stacks that have it.
    having: [Vec<u32>; KINDS],
    /// The names of the frames of all stacks, and where those of each begin after the first.
    frames: Vec<u32>,
    ends: Vec<usize>,
    families: Vec<u32>,
    /// Changed by every stack that is added.
    settled: Option<Settled>,
}

/// The weights of all codes and of all stacks, computed once for many look-ups.
#[derive(Debug)]
struct Settled {
    weights: [Vec<f32>; KINDS],
    totals: Vec<f32>,
}

/// Numbers that do not describe stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// A code is neither one that is known, nor the next one, nor [`NONE`](crate::NONE) or [`UNKNOWN`].
    Code(i32),
    /// There is no such name.
    Name(u32),
    /// A stack has more frames than [`DEPTH`].
    Deep(usize),
    /// The frames are not as many as the stacks have together, or there are not as many families as stacks.
    Lengths,
    /// There is no such stack.
    Stack(u32),
    /// An index has at most 2²⁷ stacks.
    Full,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code} is no code of a frame"),
            Self::Name(name) => write!(f, "there is no name number {name}"),
            Self::Deep(frames) => write!(f, "{frames} frames are more than {DEPTH}"),
            Self::Lengths => f.write_str("frames, stacks and families do not match in number"),
            Self::Stack(number) => write!(f, "there is no stack number {number}"),
            Self::Full => f.write_str("an index has at most 2**27 stacks"),
        }
    }
}

impl std::error::Error for Invalid {}

/// Numbers and positions of stacks share 32 bits (`postings`).
const MOST: usize = 1 << 27;

impl Stacks {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Name further frames.
    pub(crate) fn add_names(&mut self, names: &[Codes]) -> Result<(), Invalid> {
        for codes in names {
            for (having, &code) in self.having.iter().zip(codes) {
                if code < UNKNOWN || usize::try_from(code).is_ok_and(|code| code > having.len()) {
                    return Err(Invalid::Code(code));
                }
            }
            for (having, &code) in self.having.iter_mut().zip(codes) {
                if usize::try_from(code).is_ok_and(|code| code == having.len()) {
                    having.push(0);
                }
            }
            self.names.push(*codes);
        }
        self.settled = None;
        Ok(())
    }

    /// Add stacks by the names of their frames, which are given one stack after the other. All are added or none.
    pub(crate) fn add(&mut self, lengths: &[u8], frames: &[u32], families: &[u32]) -> Result<(), Invalid> {
        if let Some(deep) = lengths.iter().map(|&length| usize::from(length)).find(|&length| length > DEPTH) {
            return Err(Invalid::Deep(deep));
        }
        let all: usize = lengths.iter().map(|&length| usize::from(length)).sum();
        if all != frames.len() || lengths.len() != families.len() {
            return Err(Invalid::Lengths);
        }
        if let Some(&name) = frames.iter().find(|&&name| name as usize >= self.names.len()) {
            return Err(Invalid::Name(name));
        }
        if self.len() + lengths.len() > MOST {
            return Err(Invalid::Full);
        }
        self.settled = None;
        self.families.extend_from_slice(families);
        let mut rest = frames;
        for &length in lengths {
            let (stack, others) = rest.split_at(usize::from(length));
            rest = others;
            self.frames.extend_from_slice(stack);
            self.ends.push(self.frames.len());
            let stack = Coded::new(stack.iter().map(|&name| self.names[name as usize]));
            for (kind, having) in self.having.iter_mut().enumerate() {
                for (_, code) in stack.first_places(kind) {
                    having[code as usize] += 1;
                }
            }
        }
        Ok(())
    }

    /// The family of a stack; stacks of different families are never near duplicates.
    pub(crate) fn family(&self, number: u32) -> u32 {
        self.families[number as usize]
    }

    /// The frames of a stack.
    pub(crate) fn stack(&self, number: u32) -> Coded {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        Coded::new(self.frames[start..self.ends[number]].iter().map(|&name| self.names[name as usize]))
    }

    /// The frames of a stack with their weights.
    pub(crate) fn weighted(&self, number: u32) -> Weighted {
        self.with_weights(self.stack(number))
    }

    /// A stack, which need not be one of these, with its weights by how many of these have its frames.
    pub(crate) fn with_weights(&self, stack: Coded) -> Weighted {
        let mut weights = [[0.0; DEPTH]; KINDS];
        for (kind, weights) in weights.iter_mut().enumerate() {
            for (weight, &code) in weights.iter_mut().zip(&stack.codes[kind][..stack.len]) {
                *weight = self.weight(kind, code);
            }
        }
        let total = stack.total(|code| self.weight(0, code));
        Weighted { stack, weights, total }
    }

    /// The weight of all frames of a stack.
    pub(crate) fn total(&self, number: u32) -> f32 {
        match &self.settled {
            Some(settled) => settled.totals[number as usize],
            None => self.stack(number).total(|code| self.weight(0, code)),
        }
    }

    /// Work out all weights, for many look-ups without a change between them.
    pub(crate) fn settle(&mut self) {
        if self.settled.is_some() {
            return;
        }
        let size = self.len();
        let mut kind = 0;
        let weights = self.having.each_ref().map(|having| {
            let likeness = LIKENESS[kind];
            kind += 1;
            having.iter().map(|&having| rarity(having, size) * likeness).collect::<Vec<_>>()
        });
        let weight = |code: i32| usize::try_from(code).ok().map_or(LIKENESS[0], |code| weights[0][code]);
        let numbers = 0..u32::try_from(size).unwrap_or(u32::MAX);
        let totals = numbers.map(|number| self.stack(number).total(weight)).collect();
        self.settled = Some(Settled { weights, totals });
    }

    /// The weight of a code at the crash; one that no stack has is of the greatest rarity.
    fn weight(&self, kind: usize, code: i32) -> f32 {
        let Some(&having) = usize::try_from(code).ok().and_then(|code| self.having[kind].get(code)) else {
            return LIKENESS[kind];
        };
        match &self.settled {
            Some(settled) => settled.weights[kind][code as usize],
            None => rarity(having, self.len()) * LIKENESS[kind],
        }
    }
}
