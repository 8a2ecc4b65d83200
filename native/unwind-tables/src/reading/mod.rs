//! Reading 32-bit ARM code: what a function has done to the stack at an address.
//!
//! `.ARM.exidx` describes the bodies of functions only, and many functions have no table at all. Their code shows the rest: it is
//! followed from the function's first instruction, along its branches, until it reaches the address, with what is known of every
//! register and every word on the stack ([`state`]). [`thumb`] and [`arm`] decode instructions as far as they move the stack
//! pointer, save and restore registers, or branch ([`effect`]); [`follow`] walks along them.
//!
//! Nothing is run, and the code may be anything: the steps are bounded, and an instruction that is not understood makes what it
//! writes unknown.

mod arm;
mod effect;
mod follow;
mod state;
mod thumb;

pub(crate) use follow::{Followed, Function, follow};
pub(crate) use state::{State, Value};
