//! Stack walking: from the registers of a thread to its frames.
//!
//! **You give** a [`ModuleMap`] (a [`Process`] and the symbols of its modules that are loaded) and the registers to start
//! from. **You get** a [`Stack`]: the frames, how each was found ([`Trust`](vocabulary::Trust)) and why the walk ended
//! ([`End`]). The crate does no I/O and never waits: modules whose symbols were needed and have not been looked for are
//! listed ([`ModuleMap::unresolved`]), so that the caller can fetch them and walk again.
//!
//! Two traits are the seams. A [`Process`] is whatever holds memory, modules and the exception: a minidump today. An
//! [`UnwindSource`] holds the unwind rules of a module: [`Breakpad`]'s records today. Both are generic parameters, because
//! they are used for every word of a stack.
//!
//! The order of trust: unwind rules, the link register of a leaf function, the chain of frame pointers, and last a scan of
//! the stack for a word that looks like a return address. Every step is checked: the return address must lie in a module or
//! in executable memory, and the stack pointer must move towards the root. A walk that reaches the thread's root stops
//! there; what lies above it on the stack is junk.
//!
//! Each architecture has a folder with the same file names: `mod.rs` (numbers and conventions), `call_site.rs` (do these
//! bytes end in a call?), `frame_pointer.rs` (the chain), `leaf.rs` (a callee without a frame), `scan.rs` (what a scan may
//! restore), `signal_frame.rs` (what Linux stores for a signal handler). A new architecture is a new folder.

mod amd64;
mod apply;
mod arch;
mod arm;
mod arm64;
mod callee;
mod code_memory;
mod code_pages;
mod common_root;
mod confirm;
mod dynamic_linker;
mod frame;
mod frame_record;
mod generated;
mod modules;
mod plausible;
mod process;
mod recursion;
mod roots;
mod rules;
mod scan;
mod signal_frame;
mod unwind_source;
mod verdict;
mod walk;
mod windows;
mod x86;

pub use common_root::cut_at_common_root;
pub use frame::{Cycle, End, Frame, Recursion, Stack};
pub use modules::{ModuleMap, ModuleSymbols, SymbolSlot};
pub use process::{Exception, LoadedModule, Process};
pub use recursion::longest_cycle;
pub use rules::{Breakpad, BreakpadRules};
pub use unwind_source::{UnwindRules, UnwindSource, UnwindState, Unwound};
pub use walk::{Limits, walk};
