//! Names and numbers of Mach exceptions and of their first codes: the one table that is read in both directions.
//!
//! From XNU's `mach/exception_types.h`, `mach/kern_return.h`, `mach/i386/exception.h`, `mach/arm/exception.h` and
//! `sys/ux_exception.h`. A number may mean different things on different processors; a name means one number only.

use vocabulary::Arch;
use vocabulary::darwin::EXCEPTIONS;
pub use vocabulary::darwin::exception_name;

use super::Raw;

/// A memory access that failed.
pub const EXC_BAD_ACCESS: u32 = 1;
/// An instruction that the processor does not know or does not allow.
pub const EXC_BAD_INSTRUCTION: u32 = 2;
/// Arithmetic that failed.
pub const EXC_ARITHMETIC: u32 = 3;
/// An instruction that needs emulation.
pub const EXC_EMULATION: u32 = 4;
/// Raised by software.
pub const EXC_SOFTWARE: u32 = 5;
/// A breakpoint or a trap instruction.
pub const EXC_BREAKPOINT: u32 = 6;
/// The end of a process by a signal.
pub const EXC_CRASH: u32 = 10;
/// A resource limit was exceeded.
pub const EXC_RESOURCE: u32 = 11;
/// A guarded resource was used wrongly.
pub const EXC_GUARD: u32 = 12;

/// A bad access: nothing is mapped there.
pub const KERN_INVALID_ADDRESS: u32 = 1;
/// A bad access: something is mapped there, but not for this kind of access.
pub const KERN_PROTECTION_FAILURE: u32 = 2;
/// A bad access: the page could not be read in.
pub const KERN_MEMORY_ERROR: u32 = 10;
/// A bad access: the page's code signature is invalid.
pub const KERN_CODESIGN_ERROR: u32 = 50;
/// A bad access of ARM: the address is not aligned.
pub const EXC_ARM_DA_ALIGN: u32 = 0x101;
/// A bad access of ARM: the stack pointer is not aligned.
pub const EXC_ARM_SP_ALIGN: u32 = 0x103;
/// A general protection fault of x86, for which the kernel reports no address.
pub const EXC_I386_GPFLT: u32 = 13;

/// An uncaught Objective-C exception, as Crashpad and Breakpad for iOS write it: 'CPnx'.
pub const NS_EXCEPTION: u32 = 0x4350_6e78;

type Table = &'static [(u32, &'static str)];

/// The values of kern_return_t, any of which may be the reason of a bad access. 13 is left out: x86 has its own meaning.
const BAD_ACCESS: Table = &[
    (KERN_INVALID_ADDRESS, "KERN_INVALID_ADDRESS"),
    (KERN_PROTECTION_FAILURE, "KERN_PROTECTION_FAILURE"),
    (3, "KERN_NO_SPACE"),
    (4, "KERN_INVALID_ARGUMENT"),
    (5, "KERN_FAILURE"),
    (6, "KERN_RESOURCE_SHORTAGE"),
    (7, "KERN_NOT_RECEIVER"),
    (8, "KERN_NO_ACCESS"),
    (9, "KERN_MEMORY_FAILURE"),
    (KERN_MEMORY_ERROR, "KERN_MEMORY_ERROR"),
    (11, "KERN_ALREADY_IN_SET"),
    (12, "KERN_NOT_IN_SET"),
    (14, "KERN_ABORTED"),
    (15, "KERN_INVALID_NAME"),
    (16, "KERN_INVALID_TASK"),
    (17, "KERN_INVALID_RIGHT"),
    (18, "KERN_INVALID_VALUE"),
    (19, "KERN_UREFS_OVERFLOW"),
    (20, "KERN_INVALID_CAPABILITY"),
    (21, "KERN_RIGHT_EXISTS"),
    (22, "KERN_INVALID_HOST"),
    (23, "KERN_MEMORY_PRESENT"),
    (24, "KERN_MEMORY_DATA_MOVED"),
    (25, "KERN_MEMORY_RESTART_COPY"),
    (26, "KERN_INVALID_PROCESSOR_SET"),
    (27, "KERN_POLICY_LIMIT"),
    (28, "KERN_INVALID_POLICY"),
    (29, "KERN_INVALID_OBJECT"),
    (30, "KERN_ALREADY_WAITING"),
    (31, "KERN_DEFAULT_SET"),
    (32, "KERN_EXCEPTION_PROTECTED"),
    (33, "KERN_INVALID_LEDGER"),
    (34, "KERN_INVALID_MEMORY_CONTROL"),
    (35, "KERN_INVALID_SECURITY"),
    (36, "KERN_NOT_DEPRESSED"),
    (37, "KERN_TERMINATED"),
    (38, "KERN_LOCK_SET_DESTROYED"),
    (39, "KERN_LOCK_UNSTABLE"),
    (40, "KERN_LOCK_OWNED"),
    (41, "KERN_LOCK_OWNED_SELF"),
    (42, "KERN_SEMAPHORE_DESTROYED"),
    (43, "KERN_RPC_SERVER_TERMINATED"),
    (44, "KERN_RPC_TERMINATE_ORPHAN"),
    (45, "KERN_RPC_CONTINUE_ORPHAN"),
    (46, "KERN_NOT_SUPPORTED"),
    (47, "KERN_NODE_DOWN"),
    (48, "KERN_NOT_WAITING"),
    (49, "KERN_OPERATION_TIMED_OUT"),
    (KERN_CODESIGN_ERROR, "KERN_CODESIGN_ERROR"),
    (51, "KERN_POLICY_STATIC"),
    (52, "KERN_INSUFFICIENT_BUFFER_SIZE"),
    (53, "KERN_DENIED"),
];
const BAD_ACCESS_X86: Table = &[(EXC_I386_GPFLT, "EXC_I386_GPFLT")];
const BAD_ACCESS_ARM: Table = &[
    (EXC_ARM_DA_ALIGN, "EXC_ARM_DA_ALIGN"),
    (0x102, "EXC_ARM_DA_DEBUG"),
    (EXC_ARM_SP_ALIGN, "EXC_ARM_SP_ALIGN"),
    (0x104, "EXC_ARM_SWP"),
    (0x105, "EXC_ARM_PAC_FAIL"),
    // Memory tagging: another tag, or a tag where there should be none.
    (0x106, "EXC_ARM_MTE_TAGCHECK_FAIL"),
    (0x107, "EXC_ARM_MTE_CANONICAL_FAIL"),
];
const BAD_INSTRUCTION_X86: Table = &[
    (1, "EXC_I386_INVOP"),
    (10, "EXC_I386_INVTSSFLT"),
    (11, "EXC_I386_SEGNPFLT"),
    (12, "EXC_I386_STKFLT"),
    (EXC_I386_GPFLT, "EXC_I386_GPFLT"),
    (17, "EXC_I386_ALIGNFLT"),
];
const BAD_INSTRUCTION_ARM: Table = &[(1, "EXC_ARM_UNDEFINED")];
const ARITHMETIC_X86: Table = &[
    (1, "EXC_I386_DIV"),
    (2, "EXC_I386_INTO"),
    (3, "EXC_I386_NOEXT"),
    (4, "EXC_I386_EXTOVR"),
    (5, "EXC_I386_EXTERR"),
    (6, "EXC_I386_EMERR"),
    (7, "EXC_I386_BOUND"),
    (8, "EXC_I386_SSEEXTERR"),
];
const ARITHMETIC_ARM: Table = &[
    (0, "EXC_ARM_FP_UNDEFINED"),
    (1, "EXC_ARM_FP_IO"),
    (2, "EXC_ARM_FP_DZ"),
    (3, "EXC_ARM_FP_OF"),
    (4, "EXC_ARM_FP_UF"),
    (5, "EXC_ARM_FP_IX"),
    (6, "EXC_ARM_FP_ID"),
];
const BREAKPOINT_X86: Table = &[(1, "EXC_I386_SGL"), (2, "EXC_I386_BPT")];
/// A watchpoint's code is the one that a bad access has elsewhere.
const BREAKPOINT_ARM: Table = &[(1, "EXC_ARM_BREAKPOINT"), (0x102, "EXC_ARM_DA_DEBUG")];
/// 0x10000 and 0x10001 stand in XNU's `sys/ux_exception.h` too; Breakpad wrote 0xdeadc0de for an NSException.
const SOFTWARE: Table = &[
    (1, "EXC_PPC_TRAP"),
    (0x1_0000, "SIGSYS"),
    (0x1_0001, "SIGPIPE"),
    (0x1_0002, "SIGABRT"),
    (0x1_0003, "EXC_SOFT_SIGNAL"),
    (0x1_0100, "EXC_PPC_MIGRATE"),
    (0xdead_c0de, "UNCAUGHT_NS_EXCEPTION"),
];
/// The header's own names of codes that are written as signals: they are only read.
const SOFTWARE_READ: Table =
    &[(0x1_0000, "EXC_UNIX_BAD_SYSCALL"), (0x1_0001, "EXC_UNIX_BAD_PIPE"), (0x1_0002, "EXC_UNIX_ABORT")];

/// The first codes of an exception: those of all processors, of x86, of ARM.
const fn tables(exception: u32) -> [Table; 3] {
    match exception {
        EXC_BAD_ACCESS => [BAD_ACCESS, BAD_ACCESS_X86, BAD_ACCESS_ARM],
        EXC_BAD_INSTRUCTION => [&[], BAD_INSTRUCTION_X86, BAD_INSTRUCTION_ARM],
        EXC_ARITHMETIC => [&[], ARITHMETIC_X86, ARITHMETIC_ARM],
        EXC_SOFTWARE => [SOFTWARE, &[], &[]],
        EXC_BREAKPOINT => [&[], BREAKPOINT_X86, BREAKPOINT_ARM],
        _ => [&[], &[], &[]],
    }
}

/// The number of an exception, by its name.
#[must_use]
pub fn exception_number(name: &str) -> Option<u32> {
    let index = EXCEPTIONS.iter().position(|known| *known == name)?;
    u32::try_from(index + 1).ok()
}

/// The name of an exception's first code.
#[must_use]
pub fn code_name(exception: u32, cpu: Option<Arch>, code: u32) -> Option<&'static str> {
    let [all, x86, arm] = tables(exception);
    let of_cpu = match cpu {
        Some(cpu) if cpu.is_x86() => x86,
        Some(_) => arm,
        None => &[],
    };
    all.iter().chain(of_cpu).find(|row| row.0 == code).map(|row| row.1)
}

/// An exception's first code, by its name. `None` for a name that is not known or of other processors only, where its
/// number means something else.
///
/// A code that the writer of a report did not know has its number in the name: `UNKNOWN_0x101`.
#[must_use]
pub fn code_number(exception: u32, cpu: Option<Arch>, name: &str) -> Option<u64> {
    if let Some(digits) = name.strip_prefix("UNKNOWN_0x") {
        return u64::from_str_radix(digits, 16).ok();
    }
    let number = |table: Table| table.iter().find(|row| row.1 == name).map(|row| u64::from(row.0));
    let [all, x86, arm] = tables(exception);
    let [x86, arm] = match cpu {
        Some(cpu) if cpu.is_x86() => [x86, &[]],
        Some(_) => [&[], arm],
        None => [x86, arm],
    };
    let only_read = if exception == EXC_SOFTWARE { SOFTWARE_READ } else { &[] };
    [all, x86, arm, only_read].into_iter().find_map(number)
}

/// Whether the name is that of a code of some processors only, and the crash is not known to be of one of those: the name
/// says more than its number.
#[must_use]
pub fn is_of_other_processor(exception: u32, cpu: Option<Arch>, name: &str) -> bool {
    let has = |table: Table| table.iter().any(|row| row.1 == name);
    let [all, x86, arm] = tables(exception);
    !has(all) && (has(x86) && !cpu.is_some_and(Arch::is_x86) || has(arm) && cpu.is_none_or(Arch::is_x86))
}

/// Every exception and first code of the tables, with a processor that has it: for tests.
pub fn known_codes() -> impl Iterator<Item = (u32, Option<Arch>, u32, &'static str)> {
    const ANY: [Option<Arch>; 3] = [Some(Arch::Arm64), Some(Arch::Amd64), Some(Arch::Arm64)];
    (1..).take(EXCEPTIONS.len()).flat_map(|exception| {
        let with_cpu = tables(exception).into_iter().zip(ANY);
        with_cpu.flat_map(move |(table, cpu)| table.iter().map(move |&(code, name)| (exception, cpu, code, name)))
    })
}

/// The 64-bit code and subcode of an exception. Crashpad keeps them whole in the parameters after the exception; the
/// record's flags have the upper half of the code for EXC_RESOURCE and EXC_GUARD, the lower half else.
pub(super) fn codes(raw: &Raw<'_>) -> (u64, u64) {
    match *raw.parameters {
        [_, code, subcode, ..] => (code, subcode),
        _ => (u64::from(raw.flags) << 32, raw.address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_each_others_inverse() {
        for number in 1..=13 {
            assert_eq!(exception_number(exception_name(number).unwrap_or_default()), Some(number));
        }
        assert_eq!((exception_name(0), exception_name(14), exception_number("EXC_NONE")), (None, None, None));
        let mut seen = 0;
        for (exception, cpu, code, name) in known_codes() {
            assert_eq!(code_number(exception, cpu, name), Some(u64::from(code)), "{exception} {name}");
            assert_eq!(code_number(exception, None, name), Some(u64::from(code)), "{exception} {name}");
            assert_eq!(code_name(exception, cpu, code), Some(name), "{exception} {code}");
            seen += 1;
        }
        assert!(seen > 40, "{seen}");
        for (name, code) in
            [("UNKNOWN_0x32", Some(50)), ("UNKNOWN_0x2000000000000001", Some(1 << 61 | 1)), ("KERN_SUCCESS", None)]
        {
            assert_eq!(code_number(EXC_BAD_ACCESS, Some(Arch::Arm64), name), code, "{name}");
        }
    }

    #[test]
    fn a_name_of_another_processor_has_no_number() {
        const KNOWN: [(u32, &str, Option<bool>); 5] = [
            (EXC_ARITHMETIC, "EXC_I386_DIV", Some(true)),
            (EXC_ARITHMETIC, "EXC_ARM_FP_DZ", Some(false)),
            (EXC_BAD_ACCESS, "EXC_I386_GPFLT", Some(true)),
            (EXC_BREAKPOINT, "EXC_ARM_DA_DEBUG", Some(false)),
            (EXC_BAD_ACCESS, "KERN_FAILURE", None),
        ];
        for (exception, name, of_x86) in KNOWN {
            for cpu in [None, Some(Arch::Arm64), Some(Arch::Arm), Some(Arch::X86), Some(Arch::Amd64)] {
                let fits = of_x86.is_none_or(|x86| cpu.is_none_or(|cpu| cpu.is_x86() == x86));
                assert_eq!(code_number(exception, cpu, name).is_some(), fits, "{name} {cpu:?}");
                let other = of_x86.is_some_and(|x86| cpu.is_none_or(|cpu| cpu.is_x86() != x86));
                assert_eq!(is_of_other_processor(exception, cpu, name), other, "{name} {cpu:?}");
            }
        }
        assert!(!is_of_other_processor(EXC_BAD_ACCESS, None, "EXC_I386_DIV"));
    }

    #[test]
    fn names_of_the_header_are_read_as_signals() {
        for (name, signal) in
            [("EXC_UNIX_BAD_SYSCALL", "SIGSYS"), ("EXC_UNIX_BAD_PIPE", "SIGPIPE"), ("EXC_UNIX_ABORT", "SIGABRT")]
        {
            let number = |exception, name| code_number(exception, None, name);
            assert_eq!(number(EXC_SOFTWARE, name), number(EXC_SOFTWARE, signal), "{name}");
            assert!(number(EXC_SOFTWARE, name).is_some() && number(EXC_BAD_ACCESS, name).is_none());
        }
    }
}
