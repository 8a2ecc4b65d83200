//! Minidumps from every platform and writer, read into one typed model.
//!
//! [`Dump::parse`] takes the bytes of a file, or a [`DumpFile`] that reads those that are needed, and gives a [`Dump`]: threads with their registers, modules
//! with their ids, the exception, the memory, and what the streams of Windows, Linux, Android, macOS and
//! iOS writers (dbghelp, Breakpad, Crashpad, Wine, minidump-writer) add to that.
//!
//! The reader is lenient per entry: a module with a broken name costs that name, not the module list; a
//! cut directory costs the streams that are cut off. What was skipped and why is listed in [`Dump::faults`].
//! Only a file that is not a minidump at all is an [`Error`].
//!
//! Input is not trusted. Nothing here panics on it, memory stays proportional to the file, and time is
//! `O(n log n)` in it.

mod assemble;
mod codeview;
mod context;
mod directory;
mod dump;
mod error;
mod faults;
mod file;
mod file_name;
pub mod kind;
mod limits;
mod lists;
mod module_ranges;
mod reader;
mod split_modules;

mod streams;
mod strings;
mod wow64;

pub use context::Context;
pub use directory::{Header, StreamEntry};
pub use dump::Dump;
pub use error::Error;
pub use faults::Fault;
pub use file::DumpFile;

pub use streams::assertion::Assertion;
pub use streams::breakpad::BreakpadInfo;
pub use streams::crashpad::{AnnotationObject, CrashpadInfo, CrashpadModule};
pub use streams::exception::Exception;
pub use streams::handles::Handle;
pub use streams::linux::{Limit, LinuxInfo, LsbRelease};
pub use streams::linux_dso::{LinkMap, LinuxDsoDebug};
pub use streams::linux_maps::{MapEntry, map_entries};
pub use streams::mac::{MacCrashRecord, MacInfo};
pub use streams::memory::Memory;
pub use streams::misc::{MiscInfo, TimeZone, XState};
pub use streams::modules::Module;
pub use streams::system::{CpuDetails, SystemInfo};
pub use streams::text::TextStream;
pub use streams::threads::{Thread, ThreadInfo};
pub use streams::unloaded::UnloadedModule;
pub use streams::vm::{SystemMemoryInfo, VmCounters};
pub use vocabulary::{
    Arch, Bytes, MemoryRegionInfo, ModuleRange, Os, Protection, Reg, Region, RegionKind, RegionState, Registers, amd64,
    arm, arm64, x86,
};
