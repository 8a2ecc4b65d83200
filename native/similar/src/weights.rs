//! The weight of a frame: high near the crash and if few stacks have it, low in `main`.

use crate::DEPTH;

/// The weights of equal frames, of frames that are kin, and of frames with the same verb.
pub(crate) const LIKENESS: [f32; KINDS] = [1.0, 0.4, 0.1];

/// In how many ways frames can be alike.
pub(crate) const KINDS: usize = 3;

/// The weight of a depth.
pub(crate) static POSITION: [f32; DEPTH] = positions();

/// The weight of two aligned depths: that of the deeper one.
pub(crate) static NEAREST: [[f32; DEPTH]; DEPTH] = nearest();

const fn positions() -> [f32; DEPTH] {
    let mut out = [0.0; DEPTH];
    let mut at = 0;
    while at < DEPTH {
        out[at] = (1.0 / (1.0 + at as f64)) as f32;
        at += 1;
    }
    out
}

const fn nearest() -> [[f32; DEPTH]; DEPTH] {
    let positions = positions();
    let mut out = [[0.0; DEPTH]; DEPTH];
    let mut one = 0;
    while one < DEPTH {
        let mut other = 0;
        while other < DEPTH {
            out[one][other] = positions[if one > other { one } else { other }];
            other += 1;
        }
        one += 1;
    }
    out
}

/// Rarity is computed as if there were this many more stacks without any of the frames: otherwise a frame that both of only two
/// stacks have would look common.
const PRIOR: f64 = 1000.0;
const POWER: f64 = 1.5;

/// The rarity of a frame that some of all stacks have: 1 for one stack, near 0 for all.
pub(crate) fn rarity(having: u32, stacks: usize) -> f32 {
    let everything = stacks as f64 + PRIOR;
    let share = (everything / f64::from(having.max(1))).ln_1p() / everything.ln_1p();
    share.powf(POWER) as f32
}

/// The sum of the weights of all depths, in an order that needs no chain of 32 additions.
pub(crate) fn sum(weights: &[f32; DEPTH]) -> f32 {
    let mut parts = [0.0_f32; 8];
    for eight in weights.chunks_exact(8) {
        for (part, weight) in parts.iter_mut().zip(eight) {
            *part += weight;
        }
    }
    let [a, b, c, d, e, f, g, h] = parts;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}
