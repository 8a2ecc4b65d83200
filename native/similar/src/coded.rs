//! One stack as numbers and weights, ready to be compared with many others.

use crate::DEPTH;
use crate::weights::{KINDS, POSITION, sum};

/// The numbers of a frame: of its name, of its kin and of its verb, each from 0; [`NONE`] or [`UNKNOWN`] where there is none.
///
/// Frames with equal names have equal kin and verbs.
pub type Codes = [i32; KINDS];

/// The code of the kin or verb of a frame without one.
pub const NONE: i32 = -1;

/// The code of the name of a frame that equals no other frame, not even itself.
pub const UNKNOWN: i32 = -2;

/// A stack: codes by kind and position, [`NONE`] below the last frame.
#[derive(Clone, Debug)]
pub(crate) struct Coded {
    pub(crate) len: usize,
    pub(crate) codes: [[i32; DEPTH]; KINDS],
}

/// A stack, and the weight of a match of each of its frames at the crash: its rarity times that of the likeness.
#[derive(Clone, Debug)]
pub(crate) struct Weighted {
    pub(crate) stack: Coded,
    pub(crate) weights: [[f32; DEPTH]; KINDS],
    /// The weight of all frames.
    pub(crate) total: f32,
}

impl Coded {
    /// The stack of some frames, of which those below [`DEPTH`] are left out.
    pub(crate) fn new(frames: impl Iterator<Item = Codes>) -> Self {
        let mut out = Self { len: 0, codes: [[NONE; DEPTH]; KINDS] };
        for (at, codes) in frames.take(DEPTH).enumerate() {
            for (kind, code) in codes.into_iter().enumerate() {
                out.codes[kind][at] = code;
            }
            out.len = at + 1;
        }
        out
    }

    /// The different codes of a kind that are not negative, each with its position nearest to the crash.
    pub(crate) fn first_places(&self, kind: usize) -> impl Iterator<Item = (usize, i32)> {
        let codes = &self.codes[kind];
        (0..self.len).map(|at| (at, codes[at])).filter(|&(at, code)| code >= 0 && !codes[..at].contains(&code))
    }

    /// A number for each known frame, the same for frames that are kin or, if they have no kin, equal. Kin have the odd numbers.
    pub(crate) fn line(&self) -> Line {
        let mut out = Line { len: 0, numbers: [-1; DEPTH] };
        for at in 0..self.len {
            let (name, kin) = (i64::from(self.codes[0][at]), i64::from(self.codes[1][at]));
            if name >= 0 || kin >= 0 {
                out.numbers[out.len] = if kin >= 0 { 2 * kin + 1 } else { 2 * name };
                out.len += 1;
            }
        }
        out
    }

    /// The weight of all frames, each of a weight at the crash.
    pub(crate) fn total(&self, weight: impl Fn(i32) -> f32) -> f32 {
        let mut weights = [0.0; DEPTH];
        for at in 0..self.len {
            weights[at] = weight(self.codes[0][at]) * POSITION[at];
        }
        sum(&weights)
    }
}

/// The known frames of a stack, for counting: see [`Coded::line`].
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) len: usize,
    /// Negative below the last one.
    pub(crate) numbers: [i64; DEPTH],
}

impl Line {
    /// Whether two stacks have enough similar frames in the same order, or as many as the shorter one has frames.
    pub(crate) fn in_order(&self, other: &Self, enough: usize) -> bool {
        let wanted = self.len.min(other.len).max(1).min(enough);
        if wanted == 0 {
            return true;
        }
        // The longest common subsequence of all columns at once (Hyyrö 2004): a zero bit is one more common frame.
        let mut open = u64::MAX;
        for number in &self.numbers[..self.len] {
            let mut same = 0_u64;
            for (at, there) in other.numbers.iter().enumerate() {
                same |= u64::from(there == number) << at;
            }
            let matched = open & same;
            open = open.wrapping_add(matched) | (open & !matched);
            if ((!open).count_ones() as usize) >= wanted {
                return true;
            }
        }
        false
    }
}
