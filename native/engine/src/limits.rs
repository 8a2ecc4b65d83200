//! What one report may cost, whatever its input contains. `docs/limits.md` gives the reason for each number.
//!
//! An input names a text once and uses it in a hundred thousand frames, or says in a few bytes that a frame comes a
//! million times. So neither the bytes of an input nor its counts bound what is made of it: these limits do.

/// Bytes of a report beyond those of its input.
const REPORT_BYTES: usize = 10 << 20;

/// Frames that the stacks of all threads of a dump may have together, those of a folded recursion not counted.
pub(crate) const FRAMES: usize = 50_000;
/// Frames that are walked for all threads of a dump together: a runaway recursion in 8 MiB of stack has half a million.
pub(crate) const WALKED: usize = 1 << 20;
/// Source-level frames, inlined calls included, that the distinct places of a report may have together. Each takes 90
/// bytes of the report or more, and 72 of memory.
pub(crate) const SOURCES: usize = if cfg!(fuzzing) { 8_192 } else { 131_072 };
/// Bytes of symbol names that are read for the distinct places of a report together.
pub(crate) const LOOKED_UP_BYTES: usize = if cfg!(fuzzing) { 16 << 20 } else { 1 << 30 };
/// Bytes of names that were demangled for a report and are retained until it is written.
pub(crate) const DEMANGLED_BYTES: usize = if cfg!(fuzzing) { 1 << 20 } else { 8 << 20 };
/// What a name that cannot be demangled takes of [`DEMANGLED_BYTES`]. A crafted name of 24 bytes costs a millisecond before
/// its text exceeds every limit, so that 2,048 of them cost two seconds; no real report has so many names of no scheme.
pub(crate) const UNREADABLE_BYTES: usize = 4 << 10;

/// Arguments of the command line of a process.
pub(crate) const ARGUMENTS: usize = 4_096;
/// Entries of the auxiliary vector (Linux); the kernel writes some twenty.
pub(crate) const AUXV: usize = 256;

/// Bytes of the report of an input of this size.
pub(crate) const fn report_bytes(input: usize) -> usize {
    REPORT_BYTES.saturating_add(input)
}

/// Jobs of one request of the symbolication protocol. Mozilla's server takes 10; clients send one.
pub(crate) const STACK_JOBS: usize = 64;
/// Modules of one request, of all jobs together. A process of Firefox has some hundreds.
pub(crate) const STACK_MODULES: usize = 8192;
/// Frames of one request, of all jobs together. The profiler sends each address of a profile once: some 60,000 of libxul
/// are the most that were seen.
pub(crate) const STACK_FRAMES: usize = 400_000;
/// Bytes of the name and of the id of a module.
pub(crate) const STACK_NAME_BYTES: usize = 1024;
