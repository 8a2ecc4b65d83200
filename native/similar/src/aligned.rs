//! The aligned frames of two stacks, which explain their score.

use crate::DEPTH;
use crate::coded::{Coded, Weighted};
use crate::weights::{KINDS, NEAREST};

/// Two aligned frames by their positions, 0 at the crash.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aligned {
    /// The position in the first stack.
    pub place: usize,
    /// The position in the other one.
    pub other_place: usize,
    /// Whether the frames are equal, and not only kin or of the same verb.
    pub equal: bool,
    /// The share of the score.
    pub weight: f64,
}

/// The best alignment, with the weight of each pair. Of alignments with the same weight the one that pairs frames nearest to the
/// crash is taken.
pub(crate) fn align(left: &Weighted, right: &Coded) -> Vec<Aligned> {
    let (height, width) = (left.stack.len, right.len);
    let weight = |at: usize, to: usize| {
        let mut most = 0.0_f32;
        for kind in 0..KINDS {
            let code = left.stack.codes[kind][at];
            if code >= 0 && code == right.codes[kind][to] {
                most = most.max(left.weights[kind][at]);
            }
        }
        f64::from(most) * f64::from(NEAREST[at][to])
    };
    // From the far end, so that walking the table begins at the crash.
    let mut best = [[0.0_f64; DEPTH + 1]; DEPTH + 1];
    for at in (0..height).rev() {
        for to in (0..width).rev() {
            let step = (best[at + 1][to + 1] + weight(at, to)).max(best[at + 1][to]);
            best[at][to] = step.max(best[at][to + 1]);
        }
    }
    let mut out = Vec::new();
    let (mut at, mut to) = (0, 0);
    while at < height && to < width {
        let weight = weight(at, to);
        if weight > 0.0 && best[at][to] == best[at + 1][to + 1] + weight {
            let name = left.stack.codes[0][at];
            let equal = name >= 0 && name == right.codes[0][to];
            out.push(Aligned { place: at, other_place: to, equal, weight });
            at += 1;
            to += 1;
        } else if best[at][to] == best[at + 1][to] {
            at += 1;
        } else {
            to += 1;
        }
    }
    out
}
