//! The name of a failure: `CLASS[_CLASS…]_code_image!function`.
//!
//! The class comes from the exception (`class`), image and function from the first frame that no rule passes over
//! (`blame`, with the rules of `rules/*.toml`), the function's text from `function` and `sanitise`. Names follow what
//! public `!analyze` and Watson records show, so that their hashes meet the published ones.

mod assemble;
mod blame;
mod class;
mod facts;
mod failure;
mod function;
mod kept;
mod managed;
mod message;
mod noise;
mod pattern;
mod rules;
mod sanitise;
mod toml;

pub use assemble::failure_name;
pub use facts::{Facts, Frame, Language, Mapping, Profile, Recursion, Thrown, Trust, Vocabulary};
pub use failure::{Blamed, Failure, Hashes};

/// The version of the rules; kept with every stored hash, because a change of rules changes names.
pub const RULES_VERSION: u32 = 1;
