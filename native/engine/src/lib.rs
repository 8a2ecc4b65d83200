//! From the bytes of a dump and symbol indexes to a report.
//!
//! **You give** a [`Session`] the symbols of modules as you find them ([`Session::supply`]) and dumps to
//! process. **You get** the report as JSON, or the keys of the modules whose symbols the walk wanted and
//! nobody has looked for yet ([`Outcome::Needs`]): look, supply what you found (that nothing is there
//! counts, too), and process again. The engine itself never waits for a network and opens no files.
//!
//! A report depends on the dump, the options and the supplied symbols alone, not on what else a session
//! has seen, so that the same crash gives the same bytes in a batch and by itself.

mod adjust;
mod crash;
mod facts;
mod hash;
mod hex;
mod images;
mod instruction;
mod json;
mod key;
mod limits;
mod names;
mod options;
mod process;
mod report;
mod resolve;
mod session;
mod stacks;
mod time;
mod unwound;

pub use adjust::{CodePointers, Position, lookup_address};
pub use images::ImageMap;
pub use key::{ModuleKey, Supply, breakpad_path};
pub use options::Options;
pub use process::DumpedProcess;
pub use session::{Error, Outcome, Session, Stages};
