//! Near-duplicate stacks: which of many stacks are nearly the same, and which one stands for them.
//!
//! A stack is a list of at most [`DEPTH`] frames, the crash first. A frame has three numbers ([`Codes`]): frames with the same
//! first number are equal, with the same second one kin (other functions of one class), with the same third one have the same
//! verb. The caller numbers the names; nothing here reads text.
//!
//! The score of two stacks is that of the best alignment of their frames, weighted by position and rarity ([`score`]). With `M`
//! the weight of the best alignment and `W` that of all frames of a stack it is `2 M / (W + W')`: 1 for equal stacks, 0 for
//! stacks without a common frame, and the same from both sides. There are three steps, each more expensive than the one before
//! and for fewer stacks: sharing enough rare frames ([`candidates`]), two similar frames in the same order, and the alignment.

mod aligned;
mod candidates;
mod coded;
mod index;
mod leaders;
mod postings;
mod score;
mod search;
mod stacks;
#[cfg(test)]
mod tests;
mod weights;

pub use aligned::Aligned;
pub use coded::{Codes, NONE, UNKNOWN};
pub use index::{Index, Pairs, Stack};
pub use leaders::{Decisions, Leaders};
pub use score::Wanted;
pub use search::Found;
pub use stacks::Invalid;

/// How many frames of a stack are compared: weight falls with depth, and further frames hardly count.
pub const DEPTH: usize = 32;
