//! The score of two stacks: the best alignment of their frames, weighted by position and rarity.
//!
//! Frames keep their order. Two frames are equal, kin or have the same verb; of these the strongest counts. Their weight is that
//! of the deeper one.

use crate::DEPTH;
use crate::coded::{Coded, Line, Weighted};
use crate::weights::{KINDS, NEAREST};

/// For stacks with too few similar frames in the same order: a factor of their score, and its maximum.
///
/// The maximum is less than the usual threshold, so that one common frame is never enough for a suggestion. Such pairs are still
/// ranked: stacks of two or three frames often share no more than that with the most similar stacks.
const ALONE: f32 = 0.75;
const MOST_ALONE: f32 = 0.59;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The score from which stacks are near duplicates: above 0 and at most 1.
    pub threshold: f32,
    /// How many frames must be equal or kin in the same order, if both stacks have that many, for a full score.
    pub in_order: usize,
}

/// A stack that is compared with many others.
pub(crate) struct Asked {
    pub(crate) stack: Weighted,
    line: Line,
}

impl Asked {
    pub(crate) fn new(stack: Weighted) -> Self {
        let line = stack.stack.line();
        Self { stack, line }
    }

    /// The score with a stack of some weight; 0 at once if a threshold cannot be reached.
    pub(crate) fn score(&self, other: &Coded, total: f32, wanted: Wanted) -> f32 {
        let both = self.stack.total + total;
        let enough = self.line.in_order(&other.line(), wanted.in_order);
        if both <= 0.0 || !(enough || wanted.threshold <= MOST_ALONE) {
            return 0.0;
        }
        self.limited(2.0 * matched(&self.stack, other) / both, enough)
    }

    /// The score of two stacks of which the alignment is known.
    pub(crate) fn score_of(&self, other: &Coded, raw: f32, in_order: usize) -> f32 {
        self.limited(raw, self.line.in_order(&other.line(), in_order))
    }

    /// A score, limited if there are too few frames in order, and at most 1 after rounding.
    fn limited(&self, raw: f32, enough: bool) -> f32 {
        if enough { raw.min(1.0) } else { (raw * ALONE).min(MOST_ALONE) }
    }
}

/// The weight of the best alignment.
fn matched(left: &Weighted, right: &Coded) -> f32 {
    let width = right.len;
    // The best alignment of the frames so far with the first frames of the other stack.
    let mut best = [0.0_f32; DEPTH + 1];
    for (at, nearest) in NEAREST.iter().enumerate().take(left.stack.len) {
        let mut weights = [0.0_f32; DEPTH];
        for kind in 0..KINDS {
            let (code, weight) = (left.stack.codes[kind][at], left.weights[kind][at]);
            if code >= 0 {
                // A weaker likeness is at least as common as a stronger one, and so never weighs more.
                for (sum, &there) in weights.iter_mut().zip(&right.codes[kind]) {
                    *sum = sum.max(if there == code { weight } else { 0.0 });
                }
            }
        }
        if weights.iter().all(|&weight| weight == 0.0) {
            continue;
        }
        let mut before = best[0];
        let mut most = 0.0_f32;
        for to in 0..width {
            let step = (before + weights[to] * nearest[to]).max(best[to + 1]);
            before = best[to + 1];
            most = most.max(step);
            best[to + 1] = most;
        }
    }
    best[width]
}
