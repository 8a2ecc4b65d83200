//! The name of a failure: `CLASS[_CLASS…]_code_image!function`.
//!
//! The class comes from the exception (`class`), image and function from the first frame that no rule skips
//! (`blame`, with the rules of `rules/*.toml`), the function's text from `function` and `sanitise`. Names follow what
//! public `!analyze` and Watson records show, so that their hashes meet the published ones.

mod assemble;
mod blame;
mod choices;
mod class;
mod evidence;
mod explain;
mod facts;
mod failure;
mod function;
mod managed;
mod message;
mod pattern;
mod recursion;
mod rules;
mod sanitise;
mod words;

pub use assemble::failure_name;
pub use choices::{Profile, Vocabulary};
pub(crate) use class::is_hang_frame;
pub use explain::{Explanation, FrameNote, Outcome, RuleNote, explain};
pub use facts::{Facts, Frame, Mapping, Recursion, Stowed, Thrown};
pub use failure::{Blamed, Failure, Hashes};
pub use function::{Function, is_placeholder, normalise, normalise_anew};
pub use managed::{Link, Root, root_cause};
pub use rules::{Problem, RULES_VERSION, Rules, rules_version};
