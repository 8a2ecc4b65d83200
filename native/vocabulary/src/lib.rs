//! The terms that every crate shares, each defined once.
//!
//! The crate has no dependencies, so that a reader of one format can use a term without the crates of the others.

mod address_space;
mod arch;
mod bytes;
mod code_address;
pub mod code_id;
pub mod darwin;
mod debug_id;
mod language;
mod os;
pub mod path;
pub mod ranges;
mod registers;
mod trust;

pub use address_space::{MemoryRegionInfo, ModuleRange, Protection, Region, RegionKind, RegionState};
pub use arch::Arch;
pub use bytes::{Bytes, OnDemand};
pub use code_address::{CodeAddress, CodePointers, THUMB};
pub use debug_id::DebugId;
pub use language::Language;
pub use os::Os;
pub use registers::{Reg, Registers, amd64, arm, arm64, x86};
pub use trust::Trust;
