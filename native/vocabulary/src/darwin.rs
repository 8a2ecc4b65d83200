//! Names and numbers of Mach exceptions and of Darwin's signals.

/// The exceptions of `<mach/exception_types.h>`, from 1.
pub const EXCEPTIONS: [&str; 13] = [
    "EXC_BAD_ACCESS",
    "EXC_BAD_INSTRUCTION",
    "EXC_ARITHMETIC",
    "EXC_EMULATION",
    "EXC_SOFTWARE",
    "EXC_BREAKPOINT",
    "EXC_SYSCALL",
    "EXC_MACH_SYSCALL",
    "EXC_RPC_ALERT",
    "EXC_CRASH",
    "EXC_RESOURCE",
    "EXC_GUARD",
    "EXC_CORPSE_NOTIFY",
];

/// The signals of `<sys/signal.h>`, from 1; they differ from Linux' from 7 on.
pub const SIGNALS: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGEMT",
    "SIGFPE",
    "SIGKILL",
    "SIGBUS",
    "SIGSEGV",
    "SIGSYS",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGURG",
    "SIGSTOP",
    "SIGTSTP",
    "SIGCONT",
    "SIGCHLD",
    "SIGTTIN",
    "SIGTTOU",
    "SIGIO",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGINFO",
    "SIGUSR1",
    "SIGUSR2",
];

/// The name of a Mach exception.
#[must_use]
pub fn exception_name(number: u32) -> Option<&'static str> {
    EXCEPTIONS.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

/// The name of a signal.
#[must_use]
pub fn signal_name(number: u32) -> Option<&'static str> {
    SIGNALS.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_one() {
        assert_eq!((exception_name(0), exception_name(1)), (None, Some("EXC_BAD_ACCESS")));
        assert_eq!((exception_name(13), exception_name(14)), (Some("EXC_CORPSE_NOTIFY"), None));
        assert_eq!((signal_name(0), signal_name(1), signal_name(11)), (None, Some("SIGHUP"), Some("SIGSEGV")));
        assert_eq!((signal_name(30), signal_name(31), signal_name(32)), (Some("SIGUSR1"), Some("SIGUSR2"), None));
        assert_eq!(signal_name(u32::MAX), None);
    }
}
