//! Functions that nothing calls: where a thread's stack ends.
//!
//! Unwind tables mark the outermost function by an undefined return address. dump_syms drops that rule when it writes
//! Breakpad text, so a walk by such text would go on from the outermost function into whatever lies above it. The names of
//! these functions are few and stable.

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

/// Functions near the root, whose callers are in this list or the other: programs' `main` and what runs it or a thread.
/// A scan from one of these must not find anything else.
const NEAR_ROOTS: &[&str] = &[
    // Programs.
    "main",
    "wmain",
    "WinMain",
    "wWinMain",
    // glibc, by generation.
    "__libc_start_main",
    "__libc_start_main_impl",
    "__libc_start_main_stage2",
    "__libc_start_main_alias_2",
    "__libc_start_call_main",
    "__GI___libc_start_main",
    "generic_start_main",
    "generic_start_main.isra.0",
    "start_thread",
    // Bionic.
    "__libc_init",
    "__real_libc_init",
    "__pthread_start",
    "__pthread_start(void*)",
    // libsystem_pthread and dyld.
    "_pthread_start",
    "_pthread_body",
    "_pthread_wqthread",
    "start",
    // Microsoft's run-time and kernel32.
    "invoke_main",
    "__scrt_common_main",
    "__scrt_common_main_seh",
    "__tmainCRTStartup",
    "__mainCRTStartup",
    "mainCRTStartup",
    "wmainCRTStartup",
    "WinMainCRTStartup",
    "wWinMainCRTStartup",
    "BaseThreadInitThunk",
    "__RtlUserThreadStart",
];

/// Whether a function's name is one that nothing calls.
pub(crate) fn is_root(function: &str) -> bool {
    ROOTS.contains(&function)
}

/// Whether a function's name is one that a program's entry calls, and nothing else does.
///
/// Sighting: dumps of programs without symbols, beside a libc with them. The entry of a program has no name then and no
/// rules that end the stack, and a scan found addresses of the vDSO in the auxiliary vector above it.
pub(crate) fn is_called_by_entry(function: &str) -> bool {
    matches!(
        function,
        "__libc_start_main" | "__libc_start_main_impl" | "__libc_start_main_alias_2" | "__GI___libc_start_main"
    )
}

/// Whether a function's name is one of a system call that a thread begins in, and that returns to another as well.
pub(crate) fn is_clone(function: &str) -> bool {
    matches!(function, "clone" | "__clone" | "__GI___clone" | "clone3" | "__clone3" | "__GI___clone3")
}

/// Whether a function's name is a program's own outermost one.
pub(crate) fn is_main(function: &str) -> bool {
    matches!(function, "main" | "wmain" | "WinMain" | "wWinMain")
}

/// Whether a function's name is one that only functions at the root call.
pub(crate) fn is_near_root(function: &str) -> bool {
    // The universal C run-time's is a template.
    NEAR_ROOTS.contains(&function) || function.starts_with("thread_start<")
}
