//! From the bytes of a dump and symbol indexes to a report.
//!
//! A [`Session`] processes a crash into its report as JSON, or into the keys of the modules whose symbols the report needs
//! and which have not been resolved yet ([`Outcome::Needs`]). The caller looks for these symbols, calls
//! [`Session::resolve`] with the result for each module (symbols or none), and processes the crash again. The engine never
//! waits for a network.
//!
//! A report depends on the crash, the options and the resolved symbols alone, not on what else a session has processed:
//! the same crash gives the same bytes in a batch and by itself.

mod adjust;
mod batch;
mod crash;
mod crashes;
mod document;
mod hash;
mod hex;
mod images;
mod input;
mod instruction;
mod json;
mod key;
mod limits;
mod names;
mod naming;
mod options;
mod panic_text;
mod process;
mod report;
mod resolution;
mod resolve;
mod rules;
mod session;
mod stacks;
mod symbolication;
mod time;
mod unwound;

pub use adjust::{Position, lookup_address};
pub use batch::Workers;
pub use crashes::{Crashes, Next};
pub use document::Document;
pub use images::ImageMap;
pub use input::{Input, InputError, Source, system_reason};
pub use key::ModuleKey;
pub use options::Options;
pub use panic_text::panic_text;
pub use process::DumpedProcess;
pub use resolution::{Candidate, CandidateOutcome, FileRules, Resolution, Status, UnwindFile};
pub use rules::{Rules, RulesAt};
pub use session::{Error, Outcome, Session, Stages};
pub use symbolication::{Fault, KeptTexts, ModuleResult, StackRequest, TooLarge};
