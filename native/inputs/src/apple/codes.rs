//! Numbers of Mach exceptions and of Darwin's signals, and how reports write codes.

/// The name of a Mach exception (`<mach/exception_types.h>`).
pub(crate) const fn exception_name(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "EXC_BAD_ACCESS",
        2 => "EXC_BAD_INSTRUCTION",
        3 => "EXC_ARITHMETIC",
        4 => "EXC_EMULATION",
        5 => "EXC_SOFTWARE",
        6 => "EXC_BREAKPOINT",
        7 => "EXC_SYSCALL",
        8 => "EXC_MACH_SYSCALL",
        9 => "EXC_RPC_ALERT",
        10 => "EXC_CRASH",
        11 => "EXC_RESOURCE",
        12 => "EXC_GUARD",
        13 => "EXC_CORPSE_NOTIFY",
        _ => return None,
    })
}

/// The name of a signal on Darwin (`<sys/signal.h>`); Linux has other numbers.
pub(crate) const fn signal_name(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGEMT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGBUS",
        11 => "SIGSEGV",
        12 => "SIGSYS",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => return None,
    })
}

/// Whether a word is the name of a signal.
pub(crate) fn is_signal(word: &str) -> bool {
    word.strip_prefix("SIG")
        .is_some_and(|rest| rest.len() > 1 && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))
}

/// The numbers of a list of codes: `0x0000000000000001, 0x0000000000000010`.
pub(crate) fn numbers(text: &str) -> Vec<u64> {
    let words = text.split([',', ' ']).filter(|word| !word.is_empty());
    let number = |word: &str| {
        let whole = crate::json::value::whole(word)?;
        u64::try_from(whole).ok().or_else(|| i64::try_from(whole).ok().map(i64::cast_unsigned))
    };
    words.map_while(number).take(16).collect()
}

/// The address that a subtype ends with: `KERN_INVALID_ADDRESS at 0x0000000000000010`.
pub(crate) fn address_of(subtype: &str) -> Option<u64> {
    let (_, after) = subtype.split_once(" at ")?;
    let word = after.split_whitespace().next()?;
    word.starts_with("0x").then(|| crate::json::value::hexadecimal(word))?
}
