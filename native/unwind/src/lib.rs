//! Stack walking: from the registers of a thread to its frames.
//!
//! **You give** a [`ModuleMap`] (a dump's modules, memory and whatever symbols are at hand) and the
//! registers to start from. **You get** a [`Stack`]: the frames, how each was found ([`Trust`]) and why the
//! walk ended ([`End`]). Nothing here reads files or waits; a module whose symbols were wanted but not at
//! hand is noted ([`ModuleMap::unresolved`]) so that the caller can fetch them and walk again.
//!
//! The order of trust: unwind rules from symbols (`STACK CFI`, `STACK WIN`), the link register of a leaf,
//! the chain of frame pointers, and last a scan of the stack for something that looks like a return
//! address. Every step is checked before it is believed: the return address must lie in an image or in
//! executable memory and the stack pointer must move towards the root. A walk that reaches the thread's
//! root stops there; what lies above it on the stack is junk.
//!
//! Each architecture has a folder with the same file names: `mod.rs` (numbers and conventions),
//! `call_site.rs` (does a call instruction end here?), `frame_pointer.rs` (the chain), `leaf.rs` (a callee without
//! a frame), `scan.rs` (what a scan may restore), `signal_frame.rs` (what Linux stores for a signal handler). Adding an architecture is filling in a folder.

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
