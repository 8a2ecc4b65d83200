//! Exceptions to words: one of each kind.

use failure::reason::{Access, Raw, Reason, decode, last_error};
use vocabulary::{Arch, Os};

fn reason(platform: Os, cpu: Option<Arch>, code: u32, flags: u32, address: u64, parameters: &[u64]) -> Reason {
    decode(&Raw { platform, cpu, code, flags, address, parameters })
}

fn windows(code: u32, parameters: &[u64]) -> Reason {
    reason(Os::Windows, Some(Arch::Amd64), code, 0, 0x1_4000_1000, parameters)
}

fn linux(signal: u32, code: i32, address: u64) -> Reason {
    reason(Os::Linux, Some(Arch::Amd64), signal, code as u32, address, &[])
}

fn mac(cpu: Option<Arch>, code: u32, flags: u32) -> Reason {
    reason(Os::MacOs, cpu, code, flags, 0x1234, &[])
}

#[test]
fn windows_codes() {
    let cases: &[(u32, &[u64], &str)] = &[
        (0xc000_0005, &[0, 0x45], "EXCEPTION_ACCESS_VIOLATION_READ"),
        (0xc000_0005, &[1, 0x45], "EXCEPTION_ACCESS_VIOLATION_WRITE"),
        (0xc000_0005, &[8, 0x45], "EXCEPTION_ACCESS_VIOLATION_EXEC"),
        (0xc000_0005, &[7, 0x45], "EXCEPTION_ACCESS_VIOLATION"),
        (0xc000_0005, &[], "EXCEPTION_ACCESS_VIOLATION"),
        (
            0xc000_0006,
            &[0, 0x45, 0xffff_ffff_c000_009a],
            "EXCEPTION_IN_PAGE_ERROR_READ / STATUS_INSUFFICIENT_RESOURCES",
        ),
        (0xc000_0006, &[1, 0x45, 0x1234_5678], "EXCEPTION_IN_PAGE_ERROR_WRITE / 0x12345678"),
        (0xc000_0006, &[1, 0x45], "EXCEPTION_IN_PAGE_ERROR"),
        (0xc000_0409, &[7], "EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_FATAL_APP_EXIT"),
        (0xc000_0409, &[0x1_0000_0007], "EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_FATAL_APP_EXIT"),
        (0xc000_0409, &[0x4d2], "EXCEPTION_STACK_BUFFER_OVERRUN / 0x000004d2"),
        (0xc000_0409, &[], "STATUS_STACK_BUFFER_OVERRUN"),
        (0xc000_00fd, &[], "EXCEPTION_STACK_OVERFLOW"),
        (0xe06d_7363, &[], "Unhandled C++ Exception"),
        (0xe043_4352, &[], "MANAGED_EXCEPTION_CODE_V4"),
        (0x2047_4343, &[], "STATUS_GCC_THROW"),
        (0x406d_1388, &[], "MS_VC_EXCEPTION"),
        (0xe000_0008, &[], "Out of Memory"),
        (0x0517_a7ed, &[], "Simulated Exception"),
        (0x0eed_fade, &[], "Unhandled Delphi Exception"),
        (0xc000_000d, &[], "STATUS_INVALID_PARAMETER"),
        (0xc000_0374, &[], "STATUS_HEAP_CORRUPTION"),
        (0xc06d_007e, &[], "FACILITY_VISUALCPP / ERROR_MOD_NOT_FOUND"),
        (0x8007_0005, &[], "E_ACCESSDENIED"),
        (0x8007_0020, &[], "FACILITY_WIN32 / ERROR_SHARING_VIOLATION"),
        (0x5, &[], "ERROR_ACCESS_DENIED"),
        (0xdead_beef, &[], "unknown 0xdeadbeef"),
    ];
    for &(code, parameters, text) in cases {
        assert_eq!(windows(code, parameters).text, text);
    }
}

#[test]
fn windows_addresses() {
    let fault = windows(0xc000_0005, &[1, 0x45]);
    assert_eq!((fault.address, fault.access), (Some(0x45), Some(Access::Write)));
    let raised = windows(0xc000_0005, &[]);
    assert_eq!((raised.address, raised.access), (Some(0x1_4000_1000), None));
    assert!(raised.note.is_some());
    assert_eq!(windows(0xc000_0006, &[0, 0x45, 0xc000_009a]).status, Some(0xc000_009a));
    assert!(windows(0x0517_a7ed, &[]).requested);
    // 32-bit addresses come sign-extended.
    let x86 = reason(Os::Windows, Some(Arch::X86), 0xc000_0005, 0, 0, &[0, 0xffff_ffff_8000_0000]);
    assert_eq!(x86.address, Some(0x8000_0000));
}

#[test]
fn last_errors() {
    assert_eq!(last_error(0), "ERROR_SUCCESS");
    assert_eq!(last_error(997), "ERROR_IO_PENDING");
    assert_eq!(last_error(233), "ERROR_PIPE_NOT_CONNECTED");
    assert_eq!(last_error(258), "STATUS_TIMEOUT");
    assert_eq!(last_error(0xc000_0005), "STATUS_ACCESS_VIOLATION");
    assert_eq!(last_error(0x7fff_ffff), "unknown 0x7fffffff");
}

#[test]
fn linux_signals() {
    let cases = [
        (11, 1, "SIGSEGV / SEGV_MAPERR"),
        (11, 2, "SIGSEGV / SEGV_ACCERR"),
        (11, 8, "SIGSEGV / SEGV_MTEAERR"),
        (11, 9, "SIGSEGV / SEGV_MTESERR"),
        (11, 10, "SIGSEGV / SEGV_CPERR"),
        (11, 0, "SIGSEGV"),
        (11, 0x80, "SIGSEGV / SI_KERNEL"),
        (11, 77, "SIGSEGV / 0x0000004d"),
        (7, 1, "SIGBUS / BUS_ADRALN"),
        (8, 1, "SIGFPE / FPE_INTDIV"),
        (4, 2, "SIGILL / ILL_ILLOPN"),
        (5, 1, "SIGTRAP / TRAP_BRKPT"),
        (6, -6, "SIGABRT / SI_TKILL"),
        (2, 0x4c4c_4442, "SIGINT"),
        (17, 1, "SIGCHLD / 0x00000001"),
        (31, 1, "SIGSYS / SYS_SECCOMP"),
        (34, 0, "SIGRTMIN+2"),
        (0, 0, "unknown 0x00000000 / 0x00000000"),
        (-1, 0, "DUMP_REQUESTED"),
    ];
    for (signal, code, text) in cases {
        assert_eq!(linux(signal as u32, code, 0).text, text);
    }
}

#[test]
fn addresses_that_are_none() {
    // From Breakpad's linux_raise_sigabrt.dmp: pid 0x39be and uid 0x3e8 stand where si_addr would.
    let abort = linux(6, 0, 0x3e8_0000_39be);
    assert_eq!(abort.address, None);
    assert!(abort.note.is_some_and(|note| note.contains("pid 14782") && note.contains("uid 1000")));
    assert_eq!(linux(11, -6, 0x3e8_0000_39be).address, None);
    // lldb's mark is no si_code, and its address is one.
    let stop = linux(2, 0x4c4c_4442, 0x5555_5555_6671);
    assert_eq!((stop.address, stop.note), (Some(0x5555_5555_6671), None));
    assert_eq!(linux(11, 0x80, 0).address, None);
    // Real-time signals are always sent.
    assert_eq!(linux(35, -1, 0x3e8_0000_39be).address, None);
    // An asynchronous tag check, and a return address that is not the shadow stack's: the kernel gives zero.
    for code in [8, 10] {
        let fault = linux(11, code, 0);
        assert_eq!(fault.address, None);
        assert!(fault.note.is_some());
        assert_eq!(linux(11, code, 0x45).address, Some(0x45));
    }
    assert!(linux(5, 0x80, 0).note.is_some_and(|note| !note.contains("canonical")));
    // Breakpad once left si_code 0; the address is good all the same.
    assert_eq!(linux(11, 0, 0x45).address, Some(0x45));
    assert_eq!(mac(Some(Arch::Amd64), 1, 13).address, None);
    assert!(linux(u32::MAX, 0, 0).requested);
}

#[test]
fn mach_exceptions() {
    let cases = [
        (Some(Arch::Amd64), 1, 1, "EXC_BAD_ACCESS / KERN_INVALID_ADDRESS", Some("SIGSEGV")),
        (Some(Arch::Arm64), 1, 2, "EXC_BAD_ACCESS / KERN_PROTECTION_FAILURE", Some("SIGBUS")),
        (Some(Arch::Amd64), 1, 13, "EXC_BAD_ACCESS / EXC_I386_GPFLT", Some("SIGSEGV")),
        (Some(Arch::Arm64), 1, 0x101, "EXC_BAD_ACCESS / EXC_ARM_DA_ALIGN", Some("SIGBUS")),
        (Some(Arch::Arm), 1, 0x101, "EXC_BAD_ACCESS / EXC_ARM_DA_ALIGN", Some("SIGBUS")),
        (Some(Arch::Arm64), 1, 0x105, "EXC_BAD_ACCESS / EXC_ARM_PAC_FAIL", Some("SIGBUS")),
        (Some(Arch::Arm64), 1, 0x106, "EXC_BAD_ACCESS / EXC_ARM_MTE_TAGCHECK_FAIL", Some("SIGBUS")),
        (Some(Arch::Arm64), 1, 0x107, "EXC_BAD_ACCESS / EXC_ARM_MTE_CANONICAL_FAIL", Some("SIGBUS")),
        (Some(Arch::Arm64), 3, 0, "EXC_ARITHMETIC / EXC_ARM_FP_UNDEFINED", Some("SIGFPE")),
        (Some(Arch::Arm64), 6, 0x102, "EXC_BREAKPOINT / EXC_ARM_DA_DEBUG", Some("SIGTRAP")),
        (Some(Arch::Amd64), 1, 0x101, "EXC_BAD_ACCESS / 0x00000101", Some("SIGBUS")),
        (Some(Arch::X86), 2, 1, "EXC_BAD_INSTRUCTION / EXC_I386_INVOP", Some("SIGILL")),
        (Some(Arch::Arm64), 2, 1, "EXC_BAD_INSTRUCTION / EXC_ARM_UNDEFINED", Some("SIGILL")),
        (Some(Arch::Amd64), 3, 1, "EXC_ARITHMETIC / EXC_I386_DIV", Some("SIGFPE")),
        (Some(Arch::Arm64), 3, 2, "EXC_ARITHMETIC / EXC_ARM_FP_DZ", Some("SIGFPE")),
        (Some(Arch::Amd64), 6, 2, "EXC_BREAKPOINT / EXC_I386_BPT", Some("SIGTRAP")),
        (Some(Arch::Arm64), 6, 1, "EXC_BREAKPOINT / EXC_ARM_BREAKPOINT", Some("SIGTRAP")),
        (Some(Arch::Arm64), 5, 0x1_0002, "EXC_SOFTWARE / SIGABRT", Some("SIGABRT")),
        (Some(Arch::Arm64), 5, 0xdead_c0de, "EXC_SOFTWARE / UNCAUGHT_NS_EXCEPTION", Some("SIGABRT")),
        (Some(Arch::Arm64), 10, 0x0600_0000, "EXC_CRASH / SIGABRT", Some("SIGABRT")),
        (Some(Arch::Arm64), 10, 0x0b10_0001, "EXC_CRASH / SIGSEGV", Some("SIGSEGV")),
        (Some(Arch::Arm64), 0x4350_6e78, 0, "Uncaught NSException", Some("SIGABRT")),
        (Some(Arch::Arm64), 0x4350_7378, 0, "Simulated Exception", None),
        (Some(Arch::Amd64), 0, 0, "unknown 0x00000000 / 0x00000000", None),
    ];
    for (cpu, code, flags, text, signal) in cases {
        let reason = mac(cpu, code, flags);
        assert_eq!((reason.text.as_str(), reason.signal), (text, signal));
    }
}

#[test]
fn an_end_by_a_signal_as_crashpad_writes_it() {
    // `abort`: EXC_CRASH wraps no exception, so the record's is 0 and the parameters have it.
    let abort = |parameters: &[u64]| reason(Os::MacOs, Some(Arch::Amd64), 0, 0, 0x7fff_6f41_333a, parameters);
    let told = abort(&[10, 0x0600_0000, 0]);
    assert_eq!((told.text.as_str(), told.signal), ("EXC_CRASH / SIGABRT", Some("SIGABRT")));
    let other = abort(&[9, 0x0600_0000, 0]);
    assert_eq!((other.text.as_str(), other.signal), ("unknown 0x00000000 / 0x00000000", None));
}

#[test]
fn resources_and_guards() {
    let long = |exception: u32, code: u64, subcode: u64| {
        let parameters = [u64::from(exception), code, subcode];
        reason(Os::Ios, Some(Arch::Arm64), exception, (code >> 32) as u32, 0, &parameters).text
    };
    let resource = |kind: u64, flavor: u64, rest: u64, subcode| long(11, (kind << 61) | (flavor << 58) | rest, subcode);
    assert_eq!(
        resource(1, 2, (180 << 7) | 80, 95),
        "EXC_RESOURCE / RESOURCE_TYPE_CPU / FLAVOR_CPU_MONITOR_FATAL interval: 180s CPU limit: 80% CPU consumed: 95%"
    );
    assert_eq!(
        resource(2, 1, (300 << 20) | 150, 45_001),
        "EXC_RESOURCE / RESOURCE_TYPE_WAKEUPS / FLAVOR_WAKEUPS_MONITOR interval: 300s wakeups permitted: 150 wakeups observed: 45001"
    );
    assert_eq!(
        resource(3, 1, 2098, 0),
        "EXC_RESOURCE / RESOURCE_TYPE_MEMORY / FLAVOR_HIGH_WATERMARK high watermark limit: 2098MiB"
    );
    assert!(resource(4, 2, 0, 0).contains("FLAVOR_IO_LOGICAL_WRITES"));
    assert!(resource(5, 1, 7, 0).ends_with("high watermark limit: 7"));
    assert!(resource(6, 1, 7, 0).ends_with("ports allocated: 7"));
    assert_eq!(resource(3, 7, 0, 9), "EXC_RESOURCE / RESOURCE_TYPE_MEMORY / 0x7c00000000000000 / 0x0000000000000009");
    assert_eq!(resource(7, 0, 0, 0), "EXC_RESOURCE / 0xe0000000");

    let guard =
        |kind: u64, flavor: u64, target: u64, subcode| long(12, (kind << 61) | (flavor << 32) | target, subcode);
    assert_eq!(guard(0, 0, 0, 0), "EXC_GUARD / GUARD_TYPE_NONE");
    assert_eq!(
        guard(1, 0x10, 0xf000_0001, 0),
        "EXC_GUARD / GUARD_TYPE_MACH_PORT / GUARD_EXC_INCORRECT_GUARD port name: 4026531841"
    );
    assert_eq!(
        guard(2, 1, 7, 99),
        "EXC_GUARD / GUARD_TYPE_FD / GUARD_EXC_CLOSE file descriptor: 7 guard identifier: 99"
    );
    assert!(guard(3, 0, 5, 6).ends_with("namespace: 5 guard identifier: 6"));
    assert!(guard(4, 4, 5, 6).contains("GUARD_EXC_UNLINK pid: 5"));
    assert!(guard(5, 1, 0, 6).ends_with("GUARD_EXC_DEALLOC_GAP offset: 6"));
    assert!(guard(5, 200, 0, 6).ends_with("GUARD_EXC_MTE_SYNC_FAULT offset: 6"));
    assert!(guard(1, 10, 5, 0).ends_with("GUARD_EXC_REQUIRE_REPLY_PORT_SEMANTICS port name: 5"));
    assert!(resource(3, 3, 2000, 0).ends_with("FLAVOR_CONCLAVE_LIMIT high watermark limit: 2000MiB"));
    assert!(guard(6, 0, 0, 6).ends_with("GUARD_EXC_MACH_TRAP syscall: 6"));
    // Without parameters the record's own fields serve.
    assert!(reason(Os::Ios, Some(Arch::Arm64), 12, 0x4000_0001, 9, &[]).text.contains("GUARD_EXC_CLOSE"));
}

#[test]
fn second_codes_that_are_no_address() {
    let address = |code: u32, kind: u64, subcode: u64, recorded: u64| {
        let parameters = [u64::from(code), (kind << 61) | (1 << 32), subcode];
        reason(Os::MacOs, Some(Arch::Arm64), code, 0, recorded, &parameters).address
    };
    // A guard's identifier, a percentage of CPU time.
    assert_eq!(address(12, 2, 0x8fd4_dbfa, 0x8fd4_dbfa), None);
    assert_eq!(address(11, 1, 95, 95), None);
    // Where a hole in memory is; where the thread stood, as Crashpad has it.
    assert_eq!(address(12, 5, 0x1_0000, 0x1_0000), Some(0x1_0000));
    assert_eq!(address(12, 2, 0x8fd4_dbfa, 0x1_0000_4000), Some(0x1_0000_4000));
}
