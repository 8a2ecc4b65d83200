//! How much of a dump's lists is read. An entry of a list takes more memory when it is read than in the file, and a
//! report shows all of them. Every limit that cuts something off is reported as a fault.

/// Threads, as many as Breakpad's processor reads; the crashed one is read whatever its position.
pub(crate) const THREADS: usize = 4_096;
/// Modules, and unloaded ones. Breakpad reads 2,048, which processes on Android exceed.
pub(crate) const MODULES: usize = 16_384;
/// Handles.
pub(crate) const HANDLES: usize = 65_536;
