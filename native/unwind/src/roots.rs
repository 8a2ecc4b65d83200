//! Functions that nothing calls: where a thread's stack ends.
//!
//! Symbol files cannot say "the return address is undefined" (dump_syms drops that rule), so a walk would go on
//! from the outermost function into whatever lies above it. The names are few and stable.

/// Outermost functions, by platform. Each is entered by the kernel, by the loader or by a raw clone.
const ROOTS: &[&str] = &[
    // Windows: the kernel starts every thread at one of these in ntdll.
    "LdrInitializeThunk",
    "RtlUserThreadStart",
    "ZwRtlUserThreadStart",
    "_RtlUserThreadStart",
    "_RtlUserThreadStart@8",
    // glibc: thread entry, by generation.
    "__GI___clone",
    "__GI___clone3",
    "__clone",
    "__clone3",
    "__clone_internal",
    // Bionic: the pieces behind pthread_create.
    "__start_thread",
    // Every ELF program's entry.
    "_dl_start_user",
    "_start",
    // Bionic's entry of a program (linker64) and Mach's of one.
    "__dl__start",
    "_dyld_start",
    "clone",
    "clone3",
    // libsystem_pthread's entries of threads and work queues.
    "_thread_start",
    "thread_start",
    "start_wqthread",
    "_start_wqthread",
];

/// Whether a function's name is one that nothing calls.
pub(crate) fn is_root(function: &str) -> bool {
    // All of them are plain C names: most functions are told apart by their length and first byte.
    function.len() <= 24 && ROOTS.contains(&function)
}
